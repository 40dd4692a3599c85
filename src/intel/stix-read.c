/* A window over the stream, in which the frame is read token by token. What is a value (an object of the list, a bare object, a member of the bundle)
 * is first passed over by counting brackets, which may take many pieces, and is read by json-scan.h once it is whole.
 *
 *     window   ....consumed....|value begins ..... passed over so far|.....not yet seen.....
 *                              held                                  at                    len
 *
 * `line` is the place of window[held]. A value longer than STIX_OBJECT_MAX is let go of while it is passed over. */
#include "intel/stix-read.h"

#include "base/utf8.h"
#include "intel/stix-id.h"

#include <stdlib.h>

#define PATH_MAX_SHOWN 4096u
#define ID_SHOWN_MAX 256u
#define HEAD_KEY_MAX 64u
#define PIECE_MAX ((size_t)256 << 10) /* of a larger piece so much at once is copied */

static_assert((int)STIX_E_MORE == (int)SCAN_E_MORE, "stix-faults.def begins with enum scan_fault");

enum state {
    AT_START,    /* before the first value: a byte order mark may stand here */
    AT_VALUE,    /* before a value of the file, or its end */
    IN_HEAD_KEY, /* within "{" of the file, a bundle or an object: before a key */
    IN_HEAD_COLON,
    IN_HEAD_VALUE, /* before a member's value */
    IN_HEAD_COMMA, /* before "," or "}" */
    IN_LIST,       /* before an object of a list, or "]" */
    IN_LIST_COMMA,
    PASSING, /* within a value */
    LOST,    /* what follows cannot be told apart; one fault said so */
};

enum passed { PASSED_KEY, PASSED_MEMBER, PASSED_ENTRY, PASSED_BARE };

struct stix_reader {
    struct stix_reader_calls calls;
    void *context;
    struct scanner *scanner;
    struct scan_place place;
    struct buf window;
    size_t at, held, begin; /* `begin`: of the value that is passed over */
    struct scan_line line;  /* of window[held] */
    uint64_t offset;        /* of window[held] in the file */
    enum state state;
    enum passed passed;
    struct scan_skip skip;
    bool is_scalar;   /* what is passed over is no object and no array */
    bool is_dropping; /* it is too long to be kept */
    bool
        is_undecided; /* the value of the file is a bundle or an object: everything from its "{" on is held */
    bool is_first;  /* nothing stands before in what is open */
    bool is_bundle; /* "type" said so */
    bool has_type, has_objects, has_head_fault, has_id, has_bundle_id;
    bool is_file_list;   /* the list is the file's value, no member of a bundle */
    bool is_in_dirt;     /* the fault has been told that goes on here */
    struct buf head_key; /* of the member being read */
    enum stix_frame frame;
    uint64_t n_objects, n_broken;
    unsigned n_faults;
};

static const struct {
    const char *name;
    enum stix_level level;
    enum message_key text;
} faults[] = {
    [STIX_SOUND] = {"sound", STIX_WARNING, MSG_STIX_VALUE},
#define FAULT(id, name, level) [STIX_E_##id] = {name, STIX_##level, MSG_STIX_##id},
#include "intel/stix-faults.def"
#undef FAULT
};

const char *stix_fault_name(enum stix_fault fault)
{
    return faults[fault].name;
}

enum stix_level stix_fault_level(enum stix_fault fault)
{
    return faults[fault].level;
}

enum message_key stix_fault_text(enum stix_fault fault)
{
    return faults[fault].text;
}

struct stix_reader *stix_reader_new(const struct stix_reader_calls *calls, void *context)
{
    struct stix_reader *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->calls = *calls;
    r->context = context;
    r->line = (struct scan_line){1, 1};
    buf_init(&r->window, SIZE_MAX / 2);
    buf_init(&r->head_key, HEAD_KEY_MAX);
    buf_init(&r->place.path, PATH_MAX_SHOWN);
    r->scanner = scanner_new(STIX_OBJECT_MAX);
    if (!r->scanner) {
        stix_reader_free(r);
        return NULL;
    }
    return r;
}

void stix_reader_free(struct stix_reader *r)
{
    if (!r)
        return;
    scanner_free(r->scanner);
    buf_done(&r->window);
    buf_done(&r->head_key);
    buf_done(&r->place.path);
    free(r);
}

enum stix_frame stix_reader_frame(const struct stix_reader *r)
{
    return r->frame;
}

uint64_t stix_reader_objects(const struct stix_reader *r)
{
    return r->n_objects;
}

uint64_t stix_reader_broken(const struct stix_reader *r)
{
    return r->n_broken;
}

/* ---- places and faults ---- */

static struct str held_until(const struct stix_reader *r, size_t to)
{
    return to > r->held ? (struct str){r->window.at + r->held, to - r->held} : STR_NONE;
}

/* Everything before window[to] is done with. */
static void let_go(struct stix_reader *r, size_t to)
{
    scan_line_pass(&r->line, held_until(r, to));
    r->offset += to - r->held;
    r->held = to;
}

static int tell(struct stix_reader *r, struct stix_finding *f, size_t at)
{
    scan_line_pass(&f->at, held_until(r, at));
    f->offset = r->offset + (at - r->held);
    return r->n_faults++ < STIX_FAULTS_MAX ? r->calls.fault(f, r->context) : 0;
}

/* A fault of the frame at window[at]. Of an object that is held it is told once, here. */
static int frame_fault(struct stix_reader *r, enum stix_fault fault, size_t at)
{
    struct stix_finding f = {.fault = fault, .number = STIX_NO_NUMBER, .at = r->line};

    r->has_head_fault |= r->is_undecided;
    return tell(r, &f, at);
}

/* The id that a broken object seems to have: the first text that looks like its own. */
static struct str seeming_id(struct str bytes)
{
    static const char key[] = "\"id\"";
    const char *found = bytes.len ? memmem(bytes.at, bytes.len, key, sizeof(key) - 1) : NULL, *end;
    struct str rest;

    if (!found)
        return STR_NONE;
    rest = str_trim((struct str){found + 4, bytes.len - (size_t)(found + 4 - bytes.at)});
    if (!rest.len || rest.at[0] != ':')
        return STR_NONE;
    rest = str_trim((struct str){rest.at + 1, rest.len - 1});
    if (!rest.len || rest.at[0] != '"')
        return STR_NONE;
    end = memchr(rest.at + 1, '"', MIN_OF(rest.len - 1, ID_SHOWN_MAX));
    rest = end ? (struct str){rest.at + 1, (size_t)(end - rest.at - 1)} : STR_NONE;
    return utf8_is_valid(rest) ? rest : STR_NONE;
}

/* An object that cannot be read, with the fault `offset` bytes behind window[held]. */
static int broken(struct stix_reader *r, enum stix_fault fault, struct str bytes, size_t offset,
                  struct str path)
{
    struct stix_finding f = {.fault = fault,
                             .number = r->n_objects - 1,
                             .path = path,
                             .id = seeming_id(bytes),
                             .at = r->line};

    r->n_broken++;
    return tell(r, &f, r->held + offset);
}

/* ---- values that are whole ---- */

/* window[held] is its first byte. */
static int object(struct stix_reader *r, struct str bytes)
{
    struct stix_object o = {
        .number = r->n_objects++, .bytes = bytes, .at = r->line, .offset = r->offset};
    int answer = scanner_read(r->scanner, bytes, &o.root, &r->place);

    if (answer < 0)
        return answer;
    if (answer)
        return broken(r, (enum stix_fault)answer, bytes, r->place.offset, buf_str(&r->place.path));
    return r->calls.object(&o, r->context);
}

static int entry(struct stix_reader *r, struct str bytes)
{
    if (bytes.at[0] == '{')
        return object(r, bytes);
    r->n_objects++;
    return broken(r, STIX_E_NO_OBJECT, bytes, 0, STR_NONE);
}

static int bare(struct stix_reader *r, struct str bytes)
{
    r->is_undecided = false;
    if (!r->has_head_fault)
        return object(r, bytes);
    r->n_objects++;
    r->n_broken++;
    return 0;
}

/* A key or a value in the head. *ret: NULL when it is broken, which has been told. */
static int head_text(struct stix_reader *r, struct str bytes, const struct scan_value **ret)
{
    int answer = scanner_read(r->scanner, bytes, ret, &r->place);

    if (answer > 0) {
        *ret = NULL;
        return frame_fault(r, (enum stix_fault)answer, r->begin + r->place.offset);
    }
    return answer;
}

static int head_key(struct stix_reader *r, struct str bytes)
{
    const struct scan_value *v;
    int answer = head_text(r, bytes, &v);

    buf_done(&r->head_key);
    buf_init(&r->head_key, HEAD_KEY_MAX);
    if (!answer && v && v->len <= HEAD_KEY_MAX)
        answer = buf_add_str(&r->head_key, scan_str(v));
    return answer;
}

/* From here on the value of the file is an object; what of it has been seen is passed. */
static void decide_bare(struct stix_reader *r, struct scan_skip skip)
{
    r->frame = r->frame ? r->frame : STIX_BARE;
    r->state = PASSING;
    r->passed = PASSED_BARE;
    r->begin = r->held;
    r->is_scalar = false;
    r->skip = skip;
}

static void decide_bundle(struct stix_reader *r, enum stix_frame frame)
{
    r->frame = r->frame ? r->frame : frame;
    r->is_undecided = false;
}

static int head_member(struct stix_reader *r, struct str bytes)
{
    bool is_type = str_eq(buf_str(&r->head_key), STR("type"));
    bool is_id = str_eq(buf_str(&r->head_key), STR("id"));
    const struct scan_value *v;
    struct str type;
    int answer = head_text(r, bytes, &v);

    if (!answer && v && r->calls.member)
        answer = r->calls.member(buf_str(&r->head_key), v, r->context);
    if (answer || !v)
        return answer;
    if ((is_type && r->has_type) || (is_id && r->has_id))
        return frame_fault(r, STIX_E_DUPLICATE, r->begin);
    r->has_type |= is_type;
    r->has_id |= is_id;
    r->has_bundle_id |= is_id && v->kind == SCAN_STRING && stix_id_is(scan_str(v), &type) &&
                        str_eq(type, STR("bundle"));
    r->is_bundle |= is_type && v->kind == SCAN_STRING && str_eq(scan_str(v), STR("bundle"));
    if (is_type && r->is_bundle)
        decide_bundle(r, STIX_BUNDLE);
    else if (is_type && r->is_undecided)
        decide_bare(r, (struct scan_skip){.depth = 1});
    return 0;
}

static int whole(struct stix_reader *r, struct str bytes)
{
    switch (r->passed) {
    case PASSED_KEY:
        r->state = IN_HEAD_COLON;
        return head_key(r, bytes);
    case PASSED_MEMBER:
        r->state = IN_HEAD_COMMA;
        return head_member(r, bytes);
    case PASSED_ENTRY:
        r->state = IN_LIST_COMMA;
        return entry(r, bytes);
    default:
        r->state = AT_VALUE;
        return bare(r, bytes);
    }
}

/* ---- passing over ---- */

static void begin_value(struct stix_reader *r, enum passed passed)
{
    char c = r->window.at[r->at];

    if (!r->is_undecided)
        let_go(r, r->at);
    r->begin = r->at;
    r->passed = passed;
    r->state = PASSING;
    r->is_scalar = c != '{' && c != '[';
    r->skip = (struct scan_skip){0};
    r->is_in_dirt = false;
}

/* Bytes of the scalar that stand in the piece. *ret_end: it ends there. */
static size_t pass_scalar(struct scan_skip *s, struct str piece, bool is_begin, bool *ret_end)
{
    size_t i = 0;

    *ret_end = true;
    if (is_begin && piece.at[0] == '"') {
        s->in_string = true;
        i = 1;
    }
    for (; i < piece.len; i++) {
        char c = piece.at[i];

        if (!s->in_string && strchr(" \n\r\t,]}:{[\"", c)) /* NUL, too */
            return MAX_OF(i, (size_t)is_begin);
        if (!s->in_string)
            continue;
        if (s->is_escaped)
            s->is_escaped = false;
        else if (c == '\\')
            s->is_escaped = true;
        else if (c == '"')
            return i + 1;
        else if (c == '\n')
            return i + 1;
    }
    *ret_end = false;
    return piece.len;
}

/* The value is longer than is kept: nothing of it stays. */
static void drop(struct stix_reader *r)
{
    if (r->is_undecided) {
        struct scan_skip skip = r->skip;

        skip.depth++; /* the file's own bracket */
        r->is_undecided = false;
        decide_bare(r, skip);
        r->has_head_fault = false;
    }
    r->is_dropping = true;
}

static int dropped(struct stix_reader *r)
{
    bool is_object = r->passed == PASSED_ENTRY || r->passed == PASSED_BARE;

    r->is_dropping = false;
    switch (r->passed) {
    case PASSED_KEY:
        r->state = IN_HEAD_COLON;
        buf_clear(&r->head_key);
        break;
    case PASSED_MEMBER:
        r->state = IN_HEAD_COMMA;
        break;
    case PASSED_ENTRY:
        r->state = IN_LIST_COMMA;
        break;
    default:
        r->state = AT_VALUE;
        break;
    }
    if (!is_object)
        return frame_fault(r, STIX_E_TOO_LARGE, r->at);
    r->n_objects++;
    let_go(r, r->at);
    return broken(r, STIX_E_TOO_LARGE, STR_NONE, 0, STR_NONE);
}

/* *ret_more: the value goes on behind the window. */
static int pass(struct stix_reader *r, bool *ret_more)
{
    struct str piece = {r->window.at + r->at, r->window.len - r->at};
    bool is_end;

    *ret_more = false;
    if (r->is_scalar) {
        r->at += pass_scalar(&r->skip, piece, r->at == r->begin && !r->is_dropping, &is_end);
    } else {
        r->at += scan_skip(&r->skip, piece);
        is_end = r->skip.depth == 0;
    }
    if (!r->is_dropping && r->at - r->held > STIX_OBJECT_MAX) {
        is_end &= !r->is_undecided; /* else it goes on as the object around it */
        drop(r);
    }
    if (r->is_dropping)
        let_go(r, r->at);
    *ret_more = !is_end && r->at == r->window.len;
    if (!is_end)
        return 0;
    if (r->is_dropping)
        return dropped(r);
    return whole(r, (struct str){r->window.at + r->begin, r->at - r->begin});
}

/* ---- the frame ---- */

/* Bytes that fit nowhere: told once, passed one by one. */
static int dirt(struct stix_reader *r, enum stix_fault fault)
{
    int answer = r->is_in_dirt ? 0 : frame_fault(r, fault, r->at);

    r->is_in_dirt = true;
    r->at++;
    return answer;
}

static int lose(struct stix_reader *r, enum stix_fault fault)
{
    r->state = LOST;
    r->is_undecided = false;
    return frame_fault(r, fault, r->at);
}

static void begin_list(struct stix_reader *r, bool is_file)
{
    r->at++;
    let_go(r, r->at);
    r->state = IN_LIST;
    r->is_first = true;
    r->is_file_list = is_file;
}

static int at_value(struct stix_reader *r, char c)
{
    r->is_bundle = r->has_type = r->has_objects = r->has_head_fault = r->has_id = r->has_bundle_id =
        false;
    if (c == '[') {
        r->frame = r->frame ? r->frame : STIX_LIST;
        begin_list(r, true);
        return 0;
    }
    if (c != '{')
        return lose(r, r->frame ? STIX_E_MORE : STIX_E_NO_OBJECT);
    let_go(r, r->at);
    r->at++;
    r->state = IN_HEAD_KEY;
    r->is_first = r->is_undecided = true;
    return 0;
}

/* "}" of the file's value. */
static int end_head(struct stix_reader *r)
{
    r->at++;
    r->state = AT_VALUE;
    if (!r->is_undecided)
        return r->is_bundle && !r->has_bundle_id ? frame_fault(r, STIX_E_BUNDLE_ID, r->at - 1) : 0;
    r->frame = r->frame ? r->frame : STIX_BARE;
    return bare(r, (struct str){r->window.at + r->held, r->at - r->held});
}

static int in_head_key(struct stix_reader *r, char c)
{
    if (c == '}') {
        int answer = r->is_first ? 0 : frame_fault(r, STIX_E_KEY, r->at);

        return answer ? answer : end_head(r);
    }
    if (c != '"')
        return lose(r, STIX_E_KEY);
    r->is_first = false;
    begin_value(r, PASSED_KEY);
    return 0;
}

static int in_head_colon(struct stix_reader *r, char c)
{
    r->state = IN_HEAD_VALUE;
    if (c != ':')
        return frame_fault(r, STIX_E_COLON, r->at);
    r->at++;
    return 0;
}

static int in_head_value(struct stix_reader *r, char c)
{
    int answer = 0;

    if (c == '[' && str_eq(buf_str(&r->head_key), STR("objects"))) {
        if (r->has_objects)
            answer = frame_fault(r, STIX_E_DUPLICATE, r->at);
        decide_bundle(r, STIX_ENVELOPE);
        r->has_objects = true;
        begin_list(r, false);
        return answer;
    }
    if (strchr(",}]:", c)) {
        r->state = IN_HEAD_COMMA;
        return frame_fault(r, STIX_E_VALUE, r->at);
    }
    begin_value(r, PASSED_MEMBER);
    return 0;
}

static int in_head_comma(struct stix_reader *r, char c)
{
    if (c == '}')
        return end_head(r);
    if (c != ',' && c != '"')
        return lose(r, STIX_E_COMMA);
    r->state = IN_HEAD_KEY;
    if (c == '"')
        return frame_fault(r, STIX_E_COMMA, r->at);
    r->at++;
    return 0;
}

static int end_list(struct stix_reader *r)
{
    r->at++;
    let_go(r, r->at);
    r->is_in_dirt = false;
    r->state = r->is_file_list ? AT_VALUE : IN_HEAD_COMMA;
    return 0;
}

static int in_list(struct stix_reader *r, char c)
{
    if (c == ']') {
        int answer = r->is_first || r->is_in_dirt ? 0 : frame_fault(r, STIX_E_VALUE, r->at);

        return answer ? answer : end_list(r);
    }
    if (strchr(",}:", c))
        return dirt(r, STIX_E_VALUE);
    r->is_first = false;
    begin_value(r, PASSED_ENTRY);
    return 0;
}

static int in_list_comma(struct stix_reader *r, char c)
{
    int answer = 0;

    if (c == ']')
        return end_list(r);
    if (c == ',') {
        r->at++;
        r->state = IN_LIST;
        r->is_in_dirt = false;
        return 0;
    }
    if (c != '{')
        return dirt(r, STIX_E_COMMA);
    if (!r->is_in_dirt)
        answer = frame_fault(r, STIX_E_COMMA, r->at);
    begin_value(r, PASSED_ENTRY);
    return answer;
}

static int token(struct stix_reader *r, char c)
{
    switch (r->state) {
    case AT_START:
    case AT_VALUE:
        return at_value(r, c);
    case IN_HEAD_KEY:
        return in_head_key(r, c);
    case IN_HEAD_COLON:
        return in_head_colon(r, c);
    case IN_HEAD_VALUE:
        return in_head_value(r, c);
    case IN_HEAD_COMMA:
        return in_head_comma(r, c);
    case IN_LIST:
        return in_list(r, c);
    default:
        return in_list_comma(r, c);
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* What is let go of leaves the window. */
static void move_window(struct stix_reader *r)
{
    size_t n;

    if (!r->is_undecided && r->state != PASSING)
        let_go(r, r->at);
    n = r->held;
    if (n == 0)
        return;
    memmove(r->window.at, r->window.at + n, r->window.len - n);
    r->window.len -= n;
    r->at -= n;
    r->begin -= MIN_OF(n, r->begin);
    r->held = 0;
}

static int too_long_head(struct stix_reader *r)
{
    r->skip = (struct scan_skip){.depth = 0};
    drop(r);
    let_go(r, r->at);
    return 0;
}

static int run(struct stix_reader *r)
{
    bool more = false;
    int answer = 0;

    while (!answer && !more) {
        if (r->state == PASSING) {
            more = r->at == r->window.len;
            if (!more)
                answer = pass(r, &more);
            continue;
        }
        if (r->state == LOST)
            r->at = r->window.len;
        while (r->at < r->window.len && is_space(r->window.at[r->at]))
            r->at++;
        more = r->at == r->window.len;
        if (more && r->is_undecided && r->at - r->held > STIX_OBJECT_MAX)
            answer = too_long_head(r);
        else if (!more)
            answer = token(r, r->window.at[r->at]);
    }
    return answer;
}

#define MARK "\xef\xbb\xbf"

/* A byte order mark before everything is passed over. False: it takes more bytes to tell. */
static bool pass_mark(struct stix_reader *r)
{
    struct str seen = buf_str(&r->window);

    if (seen.len < 3 && str_starts(STR(MARK), seen))
        return false;
    if (str_starts(seen, STR(MARK)))
        r->at = 3;
    r->state = AT_VALUE;
    return true;
}

int stix_reader_add(struct stix_reader *r, struct str piece)
{
    while (piece.len) {
        size_t n = MIN_OF(piece.len, PIECE_MAX);
        int answer = buf_add(&r->window, piece.at, n);

        piece.at += n;
        piece.len -= n;
        if (!answer && (r->state != AT_START || pass_mark(r)))
            answer = run(r);
        if (answer)
            return answer;
        move_window(r);
    }
    return 0;
}

int stix_reader_end(struct stix_reader *r)
{
    if (r->state == LOST)
        return 0;
    if (r->state == AT_START && r->window.len)
        return lose(r, STIX_E_NO_OBJECT);
    if (r->state == AT_START || r->state == AT_VALUE)
        return r->frame ? 0 : frame_fault(r, STIX_E_END, r->at);
    if (r->state == PASSING && (r->passed == PASSED_ENTRY || r->passed == PASSED_BARE)) {
        r->n_objects++;
        return broken(r, STIX_E_END,
                      (struct str){r->window.at + r->begin, r->window.len - r->begin},
                      r->window.len - r->held, STR_NONE);
    }
    r->is_undecided = false;
    return frame_fault(r, STIX_E_END, r->window.len);
}
