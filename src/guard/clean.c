#include "guard/clean.h"

#include "guard/clean-office.h"
#include "guard/document-text.h"
#include "guard/examiner.h"
#include "guard/sandbox.h"
#include "guard/survey.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_TIME_S 30u
#define EXIFTOOL_MAX ((size_t)4 << 20) /* of its report */

/* How each format goes through mat2: its light mode where that keeps pixels and text. */
static const struct format {
    const char *word;
    const char *input;  /* name in the sandbox */
    const char *script; /* NULL: there is nothing in it to remove */
    bool is_office;     /* its text is compared */
} formats[] = {
/* Without mat2's option --no-sandbox, which in 0.13.3 asks for the sandbox in the sandbox that there cannot be. */
#define LIGHT(e) "mat2 -L in." e " >&2 && cat in.cleaned." e
#define FULL(e) "mat2 in." e " >&2 && cat in.cleaned." e
#define OFFICE(e)                                                              \
    "python3 -c '" CLEAN_OFFICE_PYTHON "sys.argv = [\"mat2\", \"in." e "\"]\n" \
    "runpy.run_path(\"/usr/bin/mat2\", run_name=\"__main__\")' >&2 && cat in.cleaned." e
/* mat2 appends a second version and cuts bytes out of the first: places of objects no longer fit. qpdf writes it whole. */
#define PDF                                                                                    \
    "mat2 -L in.pdf >&2 && qpdf --warning-exit-0 --object-streams=disable --deterministic-id " \
    "in.cleaned.pdf out.pdf >&2 && cat out.pdf"
    {"jpeg", "in.jpg", LIGHT("jpg"), false},
    {"png", "in.png", LIGHT("png"), false},
    {"gif", "in.gif", LIGHT("gif"), false},
    {"tiff", "in.tiff", FULL("tiff"), false},
    {"pdf", "in.pdf", PDF, false},
    {"docx", "in.docx", OFFICE("docx"), true},
    {"xlsx", "in.xlsx", OFFICE("xlsx"), true},
    {"pptx", "in.pptx", OFFICE("pptx"), true},
    {"odt", "in.odt", OFFICE("odt"), true},
    {"ods", "in.ods", OFFICE("ods"), true},
    {"odp", "in.odp", OFFICE("odp"), true},
    {"odg", "in.odg", OFFICE("odg"), true},
    {"text", "in.txt", NULL, false},
#undef LIGHT
#undef FULL
#undef OFFICE
#undef PDF
};

struct cleaning {
    const struct clean_request *q;
    int out;
    int at; /* what the last step made; the caller's file at first */
    const struct format *format;
    json_t *report, *removed, *left, *hidden;
    int given; /* what mat2 was given, kept for comparison; the caller's file, or -1 */
    const char *why;
    bool has_marks; /* comments or tracked changes of a Word document, or what else mat2 leaves */
};

static void cleaning_done(struct cleaning *c)
{
    if (c->at >= 0 && c->at != c->q->fd)
        close(c->at);
    json_decref(c->report);
    json_decref(c->removed);
    json_decref(c->left);
    json_decref(c->hidden);
    if (c->given >= 0 && c->given != c->q->fd)
        close(c->given);
}

static int init(struct cleaning *c)
{
    c->report = json_object();
    c->removed = json_array();
    c->left = json_array();
    c->hidden = json_array();
    return c->report && c->removed && c->left && c->hidden ? 0 : -ENOMEM;
}

static int add(json_t *list, const char *kind, const char *value, const char *place)
{
    JSON_AUTO *f = json_pack("{s:s, s:s, s:s}", "kind", kind, "value", value, "place", place);

    return f && !json_array_append(list, f) ? 0 : -ENOMEM;
}

/* Takes a new file for the next step. */
static int next_file(int *ret)
{
    *ret = memfd_create("cleaning", MFD_CLOEXEC);
    return *ret < 0 ? -errno : 0;
}

static void step_made(struct cleaning *c, int fd)
{
    if (c->at != c->q->fd)
        close(c->at);
    c->at = fd;
}

/* ---- what it is ---- */

static const struct format *format_of_word(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (!strcmp(formats[i].word, word))
            return &formats[i];
    return NULL;
}

static const char *ending_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot + 1 : "";
}

static bool ends_in(const char *name, const char *const endings[])
{
    for (size_t i = 0; endings[i]; i++)
        if (str_eq_nocase(str_of(ending_of(name)), str_of(endings[i])))
            return true;
    return false;
}

static bool has_member(const json_t *survey, const char *part)
{
    CLEANUP(buf_done) struct buf end;
    const json_t *m;
    size_t i;

    buf_init(&end, 300);
    if (buf_printf(&end, " > %s", part))
        return false;
    json_array_foreach (json_arr(survey, "members"), i, m)
        if (json_int(m, "layer") == 1 && str_ends(str_of(json_str(m, "name")), buf_str(&end)))
            return true;
    return false;
}

/* Texts that show all that is in them; marked-up ones hold comments and more. */
static const char *const plain[] = {"txt", "csv", "tsv", "md", "log", "json", "yaml", "yml", NULL};
static const char *const open_document[] = {"odt", "ods", "odp", "odg", NULL};

/* Text in code page 932 and nothing else, as programs of Windows write it: no control but line ends and tabs, each character whole. */
static bool is_cp932(int fd)
{
    uint8_t piece[65536];
    bool in_pair = false;
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, piece, sizeof(piece), at)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            const uint8_t b = piece[i];

            if (in_pair ? b < 0x40 || b == 0x7f || b > 0xfc
                        : b == 0x80 || b == 0xa0 || b > 0xfc || b == 0x7f ||
                              (b < 0x20 && b != '\t' && b != '\n' && b != '\r'))
                return false;
            in_pair = !in_pair && (b >= 0xe0 || (b > 0x80 && b < 0xa0));
        }
        at += n;
    }
    return n == 0 && !in_pair;
}

static const struct format *format_of(const struct cleaning *c, const json_t *survey)
{
    const char *type = json_str(json_array_get(json_arr(survey, "members"), 0), "type");

    if (!strcmp(type, "text") || !strcmp(type, "empty"))
        return ends_in(c->q->name, plain) ? format_of_word("text") : NULL;
    if (!strcmp(type, "other") && ends_in(c->q->name, plain) && is_cp932(c->q->fd))
        return format_of_word("text");
    if (strcmp(type, "zip"))
        return format_of_word(type);
    if (has_member(survey, "word/document.xml"))
        return format_of_word("docx");
    if (has_member(survey, "xl/workbook.xml"))
        return format_of_word("xlsx");
    if (has_member(survey, "ppt/presentation.xml"))
        return format_of_word("pptx");
    if (!has_member(survey, "content.xml"))
        return NULL;
    for (size_t i = 0; open_document[i]; i++)
        if (str_eq_nocase(str_of(ending_of(c->q->name)), str_of(open_document[i])))
            return format_of_word(open_document[i]);
    return NULL;
}

/* ---- surveys ---- */

static int survey(const struct cleaning *c, int fd, json_t **ret)
{
    const struct examine_input in = {.fd = fd, .name = c->q->name};

    return examiner_survey(&in, &examine_limits_default, ret);
}

/* Of a Word document these are taken out; what they are is told like metadata. */
static bool is_word_mark(const struct cleaning *c, const char *kind)
{
    return c->format && !strcmp(c->format->word, "docx") &&
           (!strcmp(kind, survey_kind_word(HIDDEN_REMARK)) ||
            !strcmp(kind, survey_kind_word(HIDDEN_CHANGE)));
}

static int sort_hidden(struct cleaning *c, const json_t *member)
{
    const json_t *f;
    size_t i;
    int r = 0;

    json_array_foreach (json_arr(member, "hidden"), i, f) {
        bool mark = is_word_mark(c, json_str(f, "kind"));

        c->has_marks = c->has_marks || mark;
        if ((r = add(mark ? c->removed : c->hidden, json_str(f, "kind"), json_str(f, "value"),
                     json_str(member, "name"))))
            return r;
    }
    return 0;
}

/* The thumbnail of OOXML, the printer of OpenDocument: taken out before. */
static bool is_left_by_mat2(const struct cleaning *c, const char *kind)
{
    bool is_ooxml =
        c->format && (!strcmp(c->format->word, "docx") || !strcmp(c->format->word, "xlsx") ||
                      !strcmp(c->format->word, "pptx"));

    return (is_ooxml && !strcmp(kind, survey_kind_word(METADATA_THUMBNAIL))) ||
           !strcmp(kind, survey_kind_word(METADATA_PRINTER));
}

static int sort_metadata(struct cleaning *c, const json_t *member)
{
    const json_t *f;
    size_t i;
    int r = 0;

    json_array_foreach (json_arr(member, "metadata"), i, f) {
        if (!strcmp(json_str(f, "kind"), survey_kind_word(METADATA_UNREADABLE)))
            c->why = "damaged";
        c->has_marks = c->has_marks || is_left_by_mat2(c, json_str(f, "kind"));
        if ((r = add(c->removed, json_str(f, "kind"), json_str(f, "value"),
                     json_str(member, "name"))))
            return r;
    }
    return 0;
}

static int sort_findings(struct cleaning *c, const json_t *found)
{
    const json_t *m;
    size_t i;
    int r = 0;

    json_array_foreach (json_arr(found, "members"), i, m) {
        if (json_flag(m, "macros"))
            r = add(c->hidden, survey_kind_word(HIDDEN_SCRIPT), "", json_str(m, "name"));
        if (r || (r = sort_hidden(c, m)) || (r = sort_metadata(c, m)))
            return r;
    }
    return 0;
}

static int look(struct cleaning *c)
{
    JSON_AUTO *found = NULL;
    const json_t *first;
    unsigned orientation;
    int r = survey(c, c->q->fd, &found);

    if (r)
        return r;
    first = json_array_get(json_arr(found, "members"), 0);
    orientation = (unsigned)json_int(first, "orientation");
    c->format = format_of(c, found);
    if ((r = json_put_str(c->report, "format",
                          c->format ? c->format->word : json_str(first, "type"))) ||
        (r = sort_findings(c, found)))
        return r;
    if (!c->format)
        c->why = "unsupported";
    else if (strcmp(json_str(found, "verdict"), "not-scanned"))
        c->why = "damaged";
    else if (json_array_size(c->hidden))
        c->why = "hidden";
    else if (orientation > 1 && strcmp(c->format->word, "jpeg"))
        c->why = "orientation";
    else if (orientation > 1)
        r = json_put_int(c->report, "turned", orientation);
    return r;
}

/* ---- steps ---- */

static int prepare_step(struct cleaning *c)
{
    bool is_jpeg = !strcmp(c->format->word, "jpeg");
    const struct examine_input in = {.fd = c->at, .name = c->q->name};
    int fd, r;

    if (!is_jpeg && !c->has_marks)
        return 0;
    if ((r = next_file(&fd)))
        return r;
    r = examiner_prepare(&in, is_jpeg ? PREPARE_JPEG : PREPARE_OFFICE, fd);
    if (r) {
        close(fd);
        c->why = r == PREPARE_E_KIND ? "unsupported" : "damaged";
        return r < 0 ? r : 0;
    }
    step_made(c, fd);
    return 0;
}

/* Why a helper did not do it, with its words. */
static int told(struct cleaning *c, int r, const struct buf *said)
{
    CLEANUP(buf_done) struct buf text = {0};
    int e;

    if (r <= 0)
        return r;
    c->why = r == SANDBOX_E_NONE ? "no-sandbox" : r == SANDBOX_E_TIME ? "time" : "failed";
    buf_init(&text, SIZE_MAX);
    e = utf8_print_safe(str_trim(buf_str(said)), &text);
    return e ? e : text.len ? json_put_strn(c->report, "said", buf_str(&text)) : 0;
}

static int mat2_step(struct cleaning *c)
{
    CLEANUP(buf_done) struct buf said = {0};
    struct sandbox_job job = {c->format->script, c->format->input, c->at, -1, CLEAN_TIME_S};
    int r = next_file(&job.out);

    if (r)
        return r;
    buf_init(&said, SANDBOX_SAID_MAX);
    if ((r = sandbox_run(&job, &said))) {
        close(job.out);
        return told(c, r, &said);
    }
    c->given = c->at; /* kept */
    c->at = job.out;
    return 0;
}

/* ---- what a reader reads ---- */

/* The text with its places, as a stream; *ret is the answer of examiner_document(), without a text unless it is 0. */
static int text_of(int fd, struct buf *out, int *ret)
{
    struct document_answer answer;
    char piece[65536];
    ssize_t n;
    int at, r = next_file(&at);

    if (r)
        return r;
    *ret = examiner_document(fd, at, &answer);
    r = *ret < 0 ? *ret : 0;
    while (!r && *ret == 0 && (n = pread(at, piece, sizeof(piece), (off_t)out->len)) > 0)
        r = buf_add(out, piece, (size_t)n);
    close(at);
    return r;
}

/* Words, their order and their places are as they were in what mat2 was given. */
static int compare_step(struct cleaning *c)
{
    CLEANUP(buf_done) struct buf before, after;
    int r, was = 0, is = 0;

    buf_init(&before, DOCUMENT_STREAM_MAX);
    buf_init(&after, DOCUMENT_STREAM_MAX);
    if (!c->format->is_office)
        return 0;
    if ((r = text_of(c->given, &before, &was)) || (r = text_of(c->at, &after, &is)))
        return r;
    if (was != DOCUMENT_E_KIND && (was || is || !str_eq(buf_str(&before), buf_str(&after))))
        c->why = "altered"; /* or nobody can say that it is not */
    return 0;
}

/* What our own reader still finds. */
static int survey_step(struct cleaning *c)
{
    JSON_AUTO *found = NULL;
    const json_t *m, *f;
    size_t i, k;
    int r = survey(c, c->at, &found);

    if (r)
        return r;
    if (strcmp(json_str(found, "verdict"), "not-scanned"))
        c->why = "damaged";
    json_array_foreach (json_arr(found, "members"), i, m) {
        json_array_foreach (json_arr(m, "metadata"), k, f)
            if ((r = add(c->left, json_str(f, "kind"), json_str(f, "value"), json_str(m, "name"))))
                return r;
        json_array_foreach (json_arr(m, "hidden"), k, f)
            if ((r = add(c->left, json_str(f, "kind"), json_str(f, "value"), json_str(m, "name"))))
                return r;
    }
    m = json_array_get(json_arr(found, "members"), 0);
    if (json_int(m, "width") && !(r = json_put_int(c->report, "width", json_int(m, "width"))))
        r = json_put_int(c->report, "height", json_int(m, "height"));
    return r;
}

/* Tags of exiftool that a file cannot do without, by group and name; a group alone: all of it. */
static const struct {
    const char *group, *tag;
} harmless[] = {
    {"System", NULL},
    {"ExifTool", "ExifToolVersion"},
    {"Composite", "ImageSize"},
    {"Composite", "Megapixels"},
    {"File", "FileType"},
    {"File", "FileTypeExtension"},
    {"File", "MIMEType"},
    {"File", "ImageWidth"},
    {"File", "ImageHeight"},
    {"File", "EncodingProcess"},
    {"File", "BitsPerSample"},
    {"File", "ColorComponents"},
    {"File", "YCbCrSubSampling"},
    {"File", "ExifByteOrder"},
    {"File", "ColorTransform"},
    {"JFIF", "JFIFVersion"},
    {"JFIF", "ResolutionUnit"},
    {"JFIF", "XResolution"},
    {"JFIF", "YResolution"},
    {"PNG", "ImageWidth"},
    {"PNG", "ImageHeight"},
    {"PNG", "BitDepth"},
    {"PNG", "ColorType"},
    {"PNG", "Compression"},
    {"PNG", "Filter"},
    {"PNG", "Interlace"},
    {"PNG", "BackgroundColor"},
    {"PNG", "Palette"},
    {"PNG", "Transparency"},
    {"PNG", "Gamma"},
    {"PNG", "SRGBRendering"},
    {"PNG", "SignificantBits"},
    {"PNG", "WhitePointX"},
    {"PNG", "WhitePointY"},
    {"PNG", "RedX"},
    {"PNG", "RedY"},
    {"PNG", "GreenX"},
    {"PNG", "GreenY"},
    {"PNG", "BlueX"},
    {"PNG", "BlueY"},
    {"PNG-pHYs", NULL},
    {"GIF", "GIFVersion"},
    {"GIF", "HasColorMap"},
    {"GIF", "ColorResolutionDepth"},
    {"GIF", "BitsPerPixel"},
    {"GIF", "BackgroundColor"},
    {"GIF", "AnimationIterations"},
    {"GIF", "FrameCount"},
    {"GIF", "Duration"},
    {"GIF", "ImageWidth"},
    {"GIF", "ImageHeight"},
    {"GIF", "TransparentColor"},
    {"IFD0", "SubfileType"},
    {"IFD0", "ImageWidth"},
    {"IFD0", "ImageHeight"},
    {"IFD0", "BitsPerSample"},
    {"IFD0", "Compression"},
    {"IFD0", "PhotometricInterpretation"},
    {"IFD0", "FillOrder"},
    {"IFD0", "StripOffsets"},
    {"IFD0", "SamplesPerPixel"},
    {"IFD0", "RowsPerStrip"},
    {"IFD0", "StripByteCounts"},
    {"IFD0", "PlanarConfiguration"},
    {"IFD0", "Predictor"},
    {"IFD0", "ExtraSamples"},
    {"IFD0", "SampleFormat"},
    {"IFD0", "Orientation"},
    {"PDF", "PDFVersion"},
    {"PDF", "Linearized"},
    {"PDF", "PageCount"},
    {"ZIP", "ZipRequiredVersion"},
    {"ZIP", "ZipBitFlag"},
    {"ZIP", "ZipCompression"},
    {"ZIP", "ZipCRC"},
    {"ZIP", "ZipCompressedSize"},
    {"ZIP", "ZipUncompressedSize"},
    {"ZIP", "ZipFileName"},
};

static bool is_harmless(struct str group, struct str tag, const json_t *value)
{
    if (str_eq(group, STR("ZIP")) && str_eq(tag, STR("ZipModifyDate")))
        return json_is_string(value) && !strcmp(json_string_value(value), "1980:01:01 00:00:00");
    if (str_eq(group, STR("IFD0")) && str_eq(tag, STR("Orientation")))
        return json_is_string(value) && !strcmp(json_string_value(value), "Horizontal (normal)");
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        if (str_eq(group, str_of(harmless[i].group)) &&
            (!harmless[i].tag || str_eq(tag, str_of(harmless[i].tag))))
            return true;
    return false;
}

/* "GROUP:TAG" of all that is more than a file needs. */
static int add_tags(struct cleaning *c, const json_t *tags, json_t *list)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)tags, key, value) {
        struct str rest = str_of(key), group;
        int r;

        if (!str_split(&rest, ':', &group) || !rest.at || is_harmless(group, rest, value))
            continue;
        if ((r = add(list, "exiftool", key, c->q->name)))
            return r;
    }
    return 0;
}

static int read_tags(int fd, json_t **ret)
{
    CLEANUP(buf_done) struct buf text;
    char piece[16384];
    json_error_t e;
    ssize_t n;
    int r = 0;

    buf_init(&text, EXIFTOOL_MAX);
    while (!r && (n = pread(fd, piece, sizeof(piece), (off_t)text.len)) > 0)
        r = buf_add(&text, piece, (size_t)n);
    if (r == -ENOMEM)
        return r;
    /* The same tag may stand there twice: json_parse() would not take that. */
    *ret = r ? NULL : json_loadb(text.at ? text.at : "", text.len, 0, &e);
    return 0;
}

static int exiftool_step(struct cleaning *c)
{
    static const char script[] = "exiftool -json -a -u -G1 -ee ";
    char command[80];
    CLEANUP(buf_done) struct buf said = {0};
    JSON_AUTO *tags = NULL;
    struct sandbox_job job = {command, c->format->input, c->at, -1, READ_TIME_S};
    int r = next_file(&job.out);

    if (r)
        return r;
    (void)snprintf(command, sizeof(command), "%s%s", script, c->format->input);
    buf_init(&said, SANDBOX_SAID_MAX);
    r = sandbox_run(&job, &said);
    if (r)
        r = told(c, r, &said);
    else if (!(r = read_tags(job.out, &tags)) && !json_array_size(tags))
        c->why = "left"; /* a reader that says nothing has not read */
    else if (!r)
        r = add_tags(c, json_array_get(tags, 0), c->left);
    close(job.out);
    return r;
}

static int copy_to_out(struct cleaning *c)
{
    bool is_same = c->q->same_is_enough && c->at == c->q->fd;
    char piece[65536];
    struct sha256_state *sha = sha256_new();
    struct digest d;
    off_t at = 0;
    ssize_t n = 0;
    int r = sha ? 0 : -ENOMEM;

    while (!r && (n = pread(c->at, piece, sizeof(piece), at)) > 0) {
        sha256_add(sha, (struct str){piece, (size_t)n});
        at += n;
        if (!is_same && write(c->out, piece, (size_t)n) != n)
            r = -EIO;
    }
    if (sha)
        d = sha256_end(sha);
    if (r || n < 0)
        return r ? r : -EIO;
    if (!(r = json_put_int(c->report, "size", (int64_t)at)))
        r = json_put_str(c->report, "sha256", digest_text(&d).at);
    return r || !is_same ? r : json_put_flag(c->report, "same", true);
}

/* Each step may find why not. */
static int go(struct cleaning *c)
{
    static int (*const steps[])(struct cleaning *) = {prepare_step, mat2_step, survey_step,
                                                      compare_step, exiftool_step};
    int r = look(c);

    if (r || c->why || !c->format->script)
        return r;
    for (size_t i = 0; !r && !c->why && i < ARRAY_LEN(steps); i++)
        r = steps[i](c);
    if (!r && !c->why && json_array_size(c->left))
        c->why = "left";
    return r;
}

static int finish(struct cleaning *c)
{
    bool accepted = c->why && !strcmp(c->why, "unsupported") && c->q->accept_unsupported &&
                    !json_array_size(c->hidden);
    const char *verdict = accepted ? "not-cleaned" : c->why ? "refused" : "cleaned";
    int r = json_put_str(c->report, "verdict", verdict);

    if (!r && c->why)
        r = json_put_str(c->report, "why", c->why);
    if (!r && (accepted || !c->why))
        r = copy_to_out(c);
    if (!r && !c->why)
        r = json_put(c->report, "removed", json_incref(c->removed));
    if (!r && json_array_size(c->hidden))
        r = json_put(c->report, "hidden", json_incref(c->hidden));
    if (!r && json_array_size(c->left))
        r = json_put(c->report, "left", json_incref(c->left));
    return r;
}

int clean(const struct clean_request *q, int out, json_t **ret)
{
    CLEANUP(cleaning_done) struct cleaning c = {.q = q, .out = out, .at = q->fd, .given = -1};
    int r = init(&c);

    if (!r && !(r = go(&c)) && !(r = finish(&c)))
        *ret = TAKE(c.report);
    return r;
}

/* ---- reasons ---- */

bool clean_why_text(const char *why, enum message_key *ret)
{
    static const struct {
        const char *why;
        enum message_key text;
    } reasons[] = {
        {"unsupported", MSG_CLEAN_UNSUPPORTED}, {"hidden", MSG_CLEAN_HIDDEN},
        {"orientation", MSG_CLEAN_ORIENTATION}, {"damaged", MSG_CLEAN_DAMAGED},
        {"altered", MSG_CLEAN_ALTERED},         {"left", MSG_CLEAN_LEFT},
        {"failed", MSG_CLEAN_FAILED},           {"time", MSG_CLEAN_TIME},
        {"no-sandbox", MSG_CLEAN_NO_SANDBOX},
    };

    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (!strcmp(reasons[i].why, why)) {
            *ret = reasons[i].text;
            return true;
        }
    return false;
}
