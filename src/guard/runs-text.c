/* Texts that say what they are: lists of keys under headings (.url, .desktop, .inf, .reg, .rdp and their kin), and markup whose root says what opens it (ClickOnce, sandboxes, profiles, searches). What stands before that
 * is passed over as their readers do; a text that speaks of such a heading is none. Head only: which program opens such a text its name says as well. */
#include "guard/runs-inside.h"

#include "base/macros.h"

#include <string.h>

/* ---- lists of keys ---- */

/* By the heading, and where that alone is not enough by a key below it. */
static const struct {
    const char *heading, *key;
    enum runs runs;
} headings[] = {
    {"[internetshortcut", NULL, RUNS_SHORTCUT},
    {"[desktop entry]", NULL, RUNS_SHORTCUT},
    {"[windows desktop launcher]", NULL, RUNS_SHORTCUT},
    {"[wfclient]", NULL, RUNS_SHORTCUT},                /* of Citrix */
    {"[theme]", NULL, RUNS_SHORTCUT},                   /* a screen saver, pictures of other machines */
    {"[shell]", "command", RUNS_SCRIPT},                /* .scf */
    {"[taskbar]", "command", RUNS_SCRIPT},
    {"[autorun", NULL, RUNS_SCRIPT},
    {"[version]", "signature", RUNS_SCRIPT},            /* .inf */
    {"[defaultinstall", NULL, RUNS_SCRIPT},
    {"[entry]", "cmd", RUNS_SCRIPT},                    /* of an installer that a web page sends */
    {"[hkey_", NULL, RUNS_SCRIPT},                      /* .reg */
    {"[-hkey_", NULL, RUNS_SCRIPT},
    {"[flatpak ref]", NULL, RUNS_SHORTCUT},
    {"[flatpak repo]", NULL, RUNS_SHORTCUT},
};

/* Of .rdp: "full address:s:host". */
static const char *const remote[] = {"full address:s:", "alternate full address:s:", "remoteapplicationprogram:s:", "alternate shell:s:"};

static bool is_key_line(struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = line.at[i];

        if (c == '=')
            return i > 0;
        if (c == ':' && line.len - i > 2 && line.at[i + 2] == ':')
            return i > 0;
        if ((uint8_t)c < ' ' || c == '<' || c == '{')
            return false;
    }
    return false;
}

static bool key_is(struct str line, const char *key)
{
    const size_t n = strlen(key);

    return str_starts(line, str_of(key)) && str_starts(str_trim((struct str){line.at + n, line.len - n}), STR("="));
}

/* As far as every line is one of such a list. */
static enum runs in_list(struct str text)
{
    const char *wanted = NULL;
    enum runs by_key = RUNS_NONE;
    struct str line;

    if (str_starts(text, STR("regedit4")) || str_starts(text, STR("windows registry editor")))
        return RUNS_SCRIPT;
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (!line.len || line.at[0] == ';' || line.at[0] == '#')
            continue;
        for (size_t i = 0; i < ARRAY_LEN(headings); i++)
            if (str_starts(line, str_of(headings[i].heading))) {
                if (!headings[i].key)
                    return headings[i].runs;
                wanted = headings[i].key;
                by_key = headings[i].runs;
            }
        for (size_t i = 0; i < ARRAY_LEN(remote); i++)
            if (str_starts(line, str_of(remote[i])))
                return RUNS_SHORTCUT;
        if (wanted && key_is(line, wanted))
            return by_key;
        if (line.at[0] != '[' && !is_key_line(line))
            break;
    }
    return RUNS_NONE;
}

/* ---- markup ---- */

static const struct {
    const char *root, *word; /* that is in it as well; NULL: the root is enough */
    enum runs runs;
} roots[] = {
    {"appinstaller", NULL, RUNS_SHORTCUT},
    {"pcsettings", NULL, RUNS_SHORTCUT},
    {"persistedquery", NULL, RUNS_SHORTCUT},
    {"librarydescription", NULL, RUNS_SHORTCUT},
    {"searchconnectordescription", NULL, RUNS_SHORTCUT},
    {"assembly", "deployment", RUNS_SCRIPT}, /* ClickOnce: .application, .vsto, .xbap */
    {"mmc_consolefile", NULL, RUNS_SCRIPT},
    {"jnlp", NULL, RUNS_SCRIPT},
    {"configuration", "<logoncommand", RUNS_SCRIPT}, /* a sandbox */
    {"configuration", "<mappedfolder", RUNS_SCRIPT},
    {"configuration", "<scriptblock", RUNS_SCRIPT},
    {"types", "<scriptblock", RUNS_SCRIPT},
    {"job", NULL, RUNS_SCRIPT},
    {"package", "<job", RUNS_SCRIPT},
    {"component", "<script", RUNS_SCRIPT},
    {"scriptlet", NULL, RUNS_SCRIPT},
    {"plist", "payloadtype", RUNS_SCRIPT},    /* a profile */
    {"plist", "commandstring", RUNS_SCRIPT},  /* a terminal */
    {"plist", "amapplicationbuild", RUNS_SCRIPT}, /* a workflow */
    {"plist", "wfworkflowactions", RUNS_SCRIPT},
    {"plist", "<key>url</key>", RUNS_SHORTCUT},
};

static bool has(struct str s, const char *word)
{
    return s.len && memmem(s.at, s.len, word, strlen(word)) != NULL;
}

/* Behind what ends so; nothing where it does not end. */
static struct str behind(struct str s, const char *end)
{
    const char *at = memmem(s.at, s.len, end, strlen(end));

    return at ? (struct str){at + strlen(end), s.len - (size_t)(at - s.at) - strlen(end)} : (struct str){s.at, 0};
}

/* The name of the first element, behind its prefix. */
static struct str root_of(struct str s)
{
    size_t n = 0, from = 0;

    for (s = str_trim(s); s.len > 1 && s.at[0] == '<'; s = str_trim(s)) {
        if (s.at[1] == '?')
            s = behind(s, "?>");
        else if (str_starts(s, STR("<!--")))
            s = behind(s, "-->");
        else if (s.at[1] == '!')
            s = behind(s, ">");
        else
            break;
    }
    if (s.len < 2 || s.at[0] != '<')
        return STR_NONE;
    for (n = from = 1; n < s.len && s.at[n] > ' ' && s.at[n] != '>' && s.at[n] != '/'; n++)
        if (s.at[n] == ':')
            from = n + 1;
    return (struct str){s.at + from, n - from};
}

static enum runs in_markup(struct str text)
{
    const struct str root = root_of(text);

    for (size_t i = 0; root.len && i < ARRAY_LEN(roots); i++)
        if (str_eq(root, str_of(roots[i].root)) && (!roots[i].word || has(text, roots[i].word)))
            return roots[i].runs;
    return RUNS_NONE;
}

enum runs runs_in_text(struct str head)
{
    char bytes[CONTENT_HEAD];
    const struct str s = {bytes, runs_begin(head, bytes, sizeof(bytes))};

    if (str_starts(s, STR("#!")) || has(s, "<hta:application") || str_starts(s, STR("<job")) || str_starts(s, STR("<package")) || has(s, "<scriptlet"))
        return RUNS_SCRIPT;
    if (str_starts(s, STR("# disk descriptorfile")))
        return RUNS_DISK;
    return str_starts(s, STR("<")) ? in_markup(s) : in_list(s);
}
