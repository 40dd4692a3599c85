#include "guard/runs.h"

#include "guard/runs-inside.h"

#include "base/macros.h"

#include <string.h>

/* Endings of names that systems open by running something, by what it is. */
static const struct {
    enum runs kind;
    const char *endings; /* with a space before and behind each */
} named[] = {
    {RUNS_PROGRAM, " exe com scr pif cpl msi msp mst msu dll ocx sys drv ax ime xll wll fll mui jar war class dex apk aab ipa xapk app msix msixbundle appx appxbundle emsix eappx gadget efi vsix "
                   "shs shb air crx xpi oxt deb rpm pkg mpkg xip elf run appimage snap flatpak so dylib ko kext prefpane saver wdgt qlgenerator mdimporter "},
    {RUNS_SCRIPT, " bat cmd vb vbs vbe js jse wsf wsh wsc ws sct ps1 psm1 psd1 ps1xml psc1 pssc cdxml hta sh bash csh ksh zsh fish command tool py pyw pyc pyo pyz pyzw pl rb php lua tcl tk ahk au3 a3x "
                  "kix bgi reg inf ins isp scf msc job osd jnlp application vsto xbap deploy wsb ppkg diagcab diagpkg diagcfg chm hlp iqy dqy oqy rqy odc udl prf slk ade adp accde mde accdc "
                  "applescript scpt scptd workflow wflow action terminal mobileconfig shortcut swf "},
    {RUNS_SHORTCUT, " lnk url website desktop webloc inetloc fileloc ftploc mailloc appref-ms appinstaller rdp ica library-ms search-ms searchconnector-ms settingcontent-ms theme themepack deskthemepack "
                    "flatpakref flatpakrepo xnk mad maf mag mam maq mar mas mat mau mav maw "},
    {RUNS_DISK, " iso img ima vfd vhd vhdx avhd avhdx vdi vmdk hdd dmg smi sparseimage sparsebundle wim esd swm ffu udf cdr toast nrg mdf mds ccd cue isz uif daa qcow qcow2 ova ovf vmx vbox squashfs sfs "},
    {RUNS_MACROS, " docm dotm xlsm xltm xlam xla xlm xlw xlk xlb xld wiz pptm potm ppam ppsm ppa sldm vsdm vstm vssm mdb mda mdt mdw mdz accdb accda accdr accdt accdu "},
};
static const char documents[] = " pdf doc docx dot dotx xls xlsx xlsb csv ppt pptx pps ppsx rtf odt ods odp txt md jpg jpeg png gif tif tiff bmp webp heic svg mp3 mp4 mov avi "
                                "htm html xml eml msg jtd jtdc zip 7z rar lzh odg odf docm xlsm pptm pub vsd vsdx mpp one xps oxps tsv log rtfd pages numbers key ico heif avif m4a m4v wav wma wmv mpg mpeg "
                                "flv mkv mht mhtml ics vcf tgz gz tar cab dwg jww ";

static const char bundles[] = " app appex xpc kext prefpane saver wdgt qlgenerator mdimporter bundle plugin component workflow action scptd pkg mpkg ";

#define ENDING_MAX (RUNS_ENDING_SIZE - 3u)

/* In small letters with a space before and behind it, as the lists have them. false: it is no ending. */
static bool spell(struct str ending, char ret[RUNS_ENDING_SIZE])
{
    if (!ending.len || ending.len > ENDING_MAX)
        return false;
    ret[0] = ' ';
    for (size_t i = 0; i < ending.len; i++) {
        char c = ending.at[i];

        if (c <= ' ')
            return false;
        ret[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    memcpy(ret + ending.len + 1, " ", 2);
    return true;
}

/* Takes the last ending off: "a.pdf .exe" becomes "a.pdf". What systems pass over at the end of a name is no part of it. */
static bool take_ending(struct str *name, char ret[RUNS_ENDING_SIZE])
{
    size_t dot;

    while (name->len && (name->at[name->len - 1] == '.' || name->at[name->len - 1] == ' ' || name->at[name->len - 1] == '\t'))
        name->len--;
    dot = name->len;
    while (dot && name->at[dot - 1] != '.')
        dot--;
    if (!dot || !spell((struct str){name->at + dot, name->len - dot}, ret))
        return false;
    name->len = dot - 1;
    return true;
}

bool runs_ending(struct str name, char ret[RUNS_ENDING_SIZE])
{
    return take_ending(&name, ret);
}

static bool has(struct str name, const char *bytes)
{
    return memmem(name.at, name.len, bytes, strlen(bytes)) != NULL;
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069; also made visible. */
static bool turns_direction(struct str name)
{
    static const char *const marks[] = {"\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6",
                                        "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\\xE2\\x80\\x8E", "\\xE2\\x80\\x8F", "\\xE2\\x80\\xAA", "\\xE2\\x80\\xAB",
                                        "\\xE2\\x80\\xAC", "\\xE2\\x80\\xAD", "\\xE2\\x80\\xAE", "\\xE2\\x81\\xA6", "\\xE2\\x81\\xA7", "\\xE2\\x81\\xA8", "\\xE2\\x81\\xA9"};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (has(name, marks[i]))
            return true;
    return false;
}

/* Folders that macOS shows and opens as one thing, by what is in them: "a.app/Contents/MacOS/a". */
static bool is_in_bundle(struct str name)
{
    static const char inner[] = "/contents/";
    const size_t n = sizeof(inner) - 1;
    char ending[RUNS_ENDING_SIZE];

    for (size_t i = 0; i + n <= name.len; i++)
        if (str_eq_nocase((struct str){name.at + i, n}, str_of(inner)) && runs_ending((struct str){name.at, i}, ending) && strstr(bundles, ending))
            return true;
    return false;
}

enum runs runs_by_name(struct str name)
{
    char ending[RUNS_ENDING_SIZE];
    enum runs kind = RUNS_NONE;

    if (!name.len)
        return RUNS_NONE;
    if (turns_direction(name))
        return RUNS_DISGUISED;
    if (is_in_bundle(name))
        return RUNS_PROGRAM;
    if (!take_ending(&name, ending))
        return RUNS_NONE;
    for (size_t i = 0; !kind && i < ARRAY_LEN(named); i++)
        if (strstr(named[i].endings, ending))
            kind = named[i].kind;
    if (kind && kind != RUNS_MACROS && take_ending(&name, ending) && strstr(documents, ending))
        return RUNS_DISGUISED;
    return kind;
}

/* ---- bytes ---- */

static const struct {
    enum runs kind;
    uint16_t at, len;
    const char *bytes;
} marks[] = {
    {RUNS_PROGRAM, 0, 4, "\xfe\xed\xfa\xce"}, /* Mach-O */
    {RUNS_PROGRAM, 0, 4, "\xfe\xed\xfa\xcf"},
    {RUNS_PROGRAM, 0, 4, "\xce\xfa\xed\xfe"},
    {RUNS_PROGRAM, 0, 4, "\xcf\xfa\xed\xfe"},
    {RUNS_PROGRAM, 0, 4, "\xca\xfe\xba\xbe"}, /* the same for several machines, and a class of Java */
    {RUNS_PROGRAM, 0, 4, "dex\n"},
    {RUNS_SCRIPT, 0, 4, "#@~^"}, /* encoded for Windows Script Host */
    {RUNS_PROGRAM, 0, 4, "xar!"},             /* a package of macOS */
    {RUNS_PROGRAM, 0, 4, "\xed\xab\xee\xdb"}, /* RPM */
    {RUNS_PROGRAM, 0, 21, "!<arch>\ndebian-binary"},
    {RUNS_SCRIPT, 0, 4, "ITSF"},     /* CHM */
    {RUNS_SCRIPT, 0, 4, "?_\3\0"},   /* help of older ones */
    {RUNS_SCRIPT, 0, 8, "FasdUAS "}, /* AppleScript */
    {RUNS_SCRIPT, 0, 5, "\x1bLuaQ"},
    {RUNS_SCRIPT, 0, 5, "\x1bLuaR"},
    {RUNS_SCRIPT, 0, 5, "\x1bLuaS"},
    {RUNS_SCRIPT, 0, 5, "\x1bLuaT"},
    {RUNS_MACROS, 0, 19, "\0\1\0\0Standard Jet DB"}, /* Access */
    {RUNS_MACROS, 0, 19, "\0\1\0\0Standard ACE DB"},
    {RUNS_SHORTCUT, 0, 20, "L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F"},
    {RUNS_DISK, 0, 8, "conectix"},
    {RUNS_DISK, 0, 8, "vhdxfile"},
    {RUNS_DISK, 0, 4, "KDMV"},
    {RUNS_DISK, 0, 5, "MSWIM"},
    {RUNS_DISK, 0, 4, "QFI\xfb"},
    {RUNS_DISK, 512, 8, "EFI PART"},
    {RUNS_DISK, 64, 4, "\x7f\x10\xda\xbe"}, /* VDI */
    {RUNS_DISK, 0, 8, "WithoutF"},           /* of Parallels */
    {RUNS_DISK, 0, 8, "WithouFr"},
    {RUNS_DISK, 0, 4, "hsqs"}, /* SquashFS */
};

static bool has_at(struct str s, size_t at, const char *bytes, size_t len)
{
    return s.len >= at + len && !memcmp(s.at + at, bytes, len);
}

size_t runs_begin(struct str head, char *ret, size_t max)
{
    size_t n = 0, at = has_at(head, 0, "\xef\xbb\xbf", 3) ? 3 : has_at(head, 0, "\xff\xfe", 2) || has_at(head, 0, "\xfe\xff", 2) ? 2 : 0;

    for (; at < head.len && n < max; at++) {
        char c = head.at[at];

        if (c == '\0' || (!n && (c == ' ' || (c >= '\t' && c <= '\r'))))
            continue;
        ret[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return n;
}

/* "MZ" alone may begin a text. */
static bool is_program(enum content_type type, struct str head)
{
    return type == CONTENT_ELF || (type == CONTENT_PE && head.len && memchr(head.at, '\0', MIN_OF(head.len, (size_t)CONTENT_HEAD)));
}

/* The first sector of a disc: where its parts lie, or how it is started. */
static bool is_first_sector(struct str head)
{
    bool has_part = false;

    if (!has_at(head, 510, "\x55\xaa", 2))
        return false;
    for (size_t at = 446; at < 510; at += 16) {
        if ((uint8_t)head.at[at] & 0x7f)
            return head.at[0] == '\xeb' || head.at[0] == '\xe9';
        has_part |= head.at[at + 4] != 0;
    }
    return has_part || head.at[0] == '\xeb' || head.at[0] == '\xe9';
}

/* Python's own code: a number that goes up with its versions, before the end of a line; a film of Flash, which is a program: a version behind its letters. */
static bool is_compiled(struct str head)
{
    return head.len >= 16 && ((has_at(head, 2, "\r\n", 2) && head.at[0] != '\n' /* a capture of packets */ && (uint8_t)head.at[1] >= 0x0b && (uint8_t)head.at[1] <= 0x0f && memchr(head.at, '\0', 16)) ||
                              (has_at(head, 1, "WS", 2) && strchr("FCZ", head.at[0]) && head.at[0] && head.at[3] > 0 && head.at[3] < ' ' + 32 && memchr(head.at, '\0', 16)));
}

enum runs runs_by_head(enum content_type type, struct str head)
{
    char first;

    if (is_program(type, head))
        return RUNS_PROGRAM;
    if (type == CONTENT_OTHER && is_compiled(head))
        return RUNS_SCRIPT;
    if (type == CONTENT_ISO || has_at(head, CONTENT_ISO_AT, "BEA01", 5) || is_first_sector(head))
        return RUNS_DISK;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (has_at(head, marks[i].at, marks[i].bytes, marks[i].len))
            return marks[i].kind;
    return content_type_holds(type) && !(runs_begin(head, &first, 1) && first == '<') ? RUNS_NONE : runs_in_text(head); /* marks of papers and pictures may stand in a text */
}

enum runs runs_by_end(struct str end)
{
    return end.len == RUNS_END_BYTES && (has_at(end, 0, "koly", 4) || has_at(end, 0, "conectix", 8)) ? RUNS_DISK : RUNS_NONE;
}

bool runs_is_installer(struct str bytes)
{
    static const char class[] = "\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F";
    const size_t len = sizeof(class) - 1;

    if (!bytes.len)
        return false;
    for (const char *at = bytes.at, *end = bytes.at + bytes.len; (at = memmem(at, (size_t)(end - at), class, len)); at++)
        if (at > bytes.at && (at[-1] == '\x84' || at[-1] == '\x86' || at[-1] == '\x82'))
            return true;
    return false;
}

/* ---- all bytes ---- */

bool runs_wants(enum content_type type, struct str name, struct str head)
{
    return type == CONTENT_OLE || type == CONTENT_RTF || type == CONTENT_PDF || runs_is_page(type, name, head) || runs_is_sheet(head) || runs_is_part(type, name, head);
}

int runs_inside(enum content_type type, struct str name, struct str bytes, struct runs_found *ret)
{
    const struct str looked = {bytes.at, MIN_OF(bytes.len, RUNS_BYTES_MAX)}, head = {bytes.at, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)};

    *ret = (struct runs_found){RUNS_NONE, false};
    if (!bytes.len)
        return 0;
    if ((bytes.len > looked.len && type != CONTENT_OLE && (type != CONTENT_PDF || runs_is_part(type, name, head))) || (runs_is_page(type, name, head) && runs_in_page(name, looked)))
        ret->runs = RUNS_MACROS;
    ret->is_locked = type == CONTENT_PDF && runs_pdf_is_locked(looked);
    return runs_in_document(name, looked, bytes.len > looked.len, ret);
}

/* ---- words ---- */

static const char *const words[RUNS_KINDS] = {"", "disguised", "program", "script", "shortcut", "disk", "macros"};

enum runs runs_first(enum runs a, enum runs b)
{
    return !a ? b : !b ? a : MIN_OF(a, b);
}

const char *runs_word(enum runs r)
{
    return words[r];
}

enum runs runs_of_word(const char *word)
{
    for (size_t i = 1; i < RUNS_KINDS; i++)
        if (!strcmp(words[i], word))
            return (enum runs)i;
    return RUNS_NONE;
}

int runs_put(json_t *o, enum runs r)
{
    enum runs first = runs_first(runs_of_word(json_str(o, RUNS_KEY)), r);

    return first ? json_put_str(o, RUNS_KEY, runs_word(first)) : 0;
}
