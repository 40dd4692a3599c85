/* A window over the stream. Values of the file, and entries of its list, are passed over by counting brackets; each is taken apart once it is whole. */
#include "intel/misp-read.h"

#include "base/codec.h"
#include "intel/json-parts.h"
#include "intel/stix-read.h"

#include <errno.h>
#include <stdlib.h>

#define PATH_MAX_SHOWN 4096u
#define PEEK_MAX 256u /* bytes within which {"response":[ has to stand to be read piece by piece */
#define PIECE_MAX ((size_t)256 << 10)

enum state {
    AT_START, /* a byte order mark may stand here */
    AT_VALUE, /* before a value of the file, or its end */
    IN_LIST,  /* before an entry, a comma or "]" */
    PASSING,  /* within an event */
    IN_TAIL,  /* behind the list of a server's answer, up to its closing bracket */
    LOST,     /* what follows cannot be told apart; one fault said so */
};

struct misp_reader {
    struct misp_reader_calls calls;
    void *context;
    struct scanner *scanner, *head_scanner;
    struct scan_place place;
    struct buf window, head, path;
    size_t at, held;
    struct scan_line line; /* of window[held] */
    uint64_t offset;       /* of window[held] in the file */
    /* a place that was told, from which the next one is counted on */
    size_t told_at;
    struct scan_line told_line;
    enum state state, behind; /* `behind`: the state after what is passed over */
    struct scan_skip skip;
    bool is_dropping; /* it is too long to be kept */
    bool needs_comma; /* in the list */
    bool has_values;  /* something stood in the file */
    bool is_answer;   /* the list stands in {"response": …} */
    struct str event; /* that is taken apart, in the window */
    struct misp_event now;
    uint64_t n_events, n_items, n_broken;
    unsigned n_faults;
};

struct misp_reader *misp_reader_new(const struct misp_reader_calls *calls, void *context)
{
    struct misp_reader *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->calls = *calls;
    r->context = context;
    r->line = r->told_line = (struct scan_line){1, 1};
    buf_init(&r->window, SIZE_MAX / 2);
    buf_init(&r->head, MISP_ITEM_MAX);
    buf_init(&r->path, PATH_MAX_SHOWN);
    buf_init(&r->place.path, PATH_MAX_SHOWN);
    r->scanner = scanner_new(MISP_ITEM_MAX);
    r->head_scanner = scanner_new(MISP_ITEM_MAX);
    if (!r->scanner || !r->head_scanner) {
        misp_reader_free(r);
        return NULL;
    }
    return r;
}

void misp_reader_free(struct misp_reader *r)
{
    if (!r)
        return;
    scanner_free(r->scanner);
    scanner_free(r->head_scanner);
    buf_done(&r->window);
    buf_done(&r->head);
    buf_done(&r->path);
    buf_done(&r->place.path);
    free(r);
}

uint64_t misp_reader_events(const struct misp_reader *r)
{
    return r->n_events;
}

uint64_t misp_reader_items(const struct misp_reader *r)
{
    return r->n_items;
}

uint64_t misp_reader_broken(const struct misp_reader *r)
{
    return r->n_broken;
}

/* ---- places and faults ---- */

/* Of the window; of one that nothing came into yet there is nothing. */
static struct str between(const struct misp_reader *r, size_t from, size_t to)
{
    return from < to ? (struct str){r->window.at + from, to - from} : STR_NONE;
}

static void let_go(struct misp_reader *r, size_t to)
{
    scan_line_pass(&r->line, between(r, r->held, to));
    r->offset += to - r->held;
    r->held = to;
    r->told_at = to;
    r->told_line = r->line;
}

/* Something at window[at]. Places mostly come in order, so that the bytes before are counted once. */
static int tell_at(struct misp_reader *r, struct misp_finding *f, size_t at)
{
    if (at < r->told_at) {
        r->told_at = r->held;
        r->told_line = r->line;
    }
    scan_line_pass(&r->told_line, between(r, r->told_at, at));
    r->told_at = at;
    f->at = r->told_line;
    f->offset = r->offset + (at - r->held);
    return r->n_faults++ < MISP_FAULTS_MAX ? r->calls.fault(f, r->context) : 0;
}

static size_t place_of(const struct misp_reader *r, const char *p)
{
    return (size_t)(p - r->window.at);
}

/* A fault of the file's own form, or of the event that is taken apart. */
static int frame_fault(struct misp_reader *r, enum message_key text, size_t at, struct str path)
{
    struct misp_finding f = {
        .text = text, .number = r->n_events ? r->n_events - 1 : 0, .path = path};

    return tell_at(r, &f, at);
}

static enum message_key text_of(int scan_fault)
{
    return stix_fault_text((enum stix_fault)scan_fault);
}

int misp_reader_tell(struct misp_reader *r, const struct misp_item *i, const struct scan_value *v,
                     struct misp_finding *f)
{
    size_t at = place_of(r, i->bytes.at);
    int answer;

    buf_clear(&r->path);
    answer = buf_printf(&r->path, "%s[%llu]", i->kind == MISP_OBJECT ? "Object" : "Attribute",
                        (unsigned long long)i->index);
    if (!answer && v && v != i->root) {
        at += v->offset;
        answer = scan_path(i->root, v, &r->path);
    }
    if (answer == -ENOMEM)
        return answer;
    f->number = r->now.number;
    f->path = buf_str(&r->path);
    f->uuid = scan_text(i->root, STR("uuid"));
    return tell_at(r, f, at);
}

/* ---- an event that is whole ---- */

static int item(struct misp_reader *r, enum misp_kind kind, uint64_t index, struct str bytes)
{
    struct misp_item i = {kind, index, bytes, NULL};
    int answer = bytes.at[0] == '{' ? scanner_read(r->scanner, bytes, &i.root, &r->place) : 0;

    r->n_items++;
    if (answer < 0)
        return answer;
    if (!answer && bytes.at[0] == '{')
        return r->calls.item(&r->now, &i, r->context);
    r->n_broken++;
    buf_clear(&r->path);
    if (buf_printf(&r->path, "%s[%llu]", kind == MISP_OBJECT ? "Object" : "Attribute",
                   (unsigned long long)index) == 0 &&
        answer && r->place.path.len &&
        buf_printf(&r->path, ".%.*s", STR_ARG(buf_str(&r->place.path))) == -ENOMEM)
        return -ENOMEM;
    return frame_fault(r, answer ? text_of(answer) : MSG_MISP_NO_ITEM,
                       place_of(r, bytes.at) + (answer ? r->place.offset : 0), buf_str(&r->path));
}

static int items(struct misp_reader *r, enum misp_kind kind, struct str list)
{
    struct json_parts parts = json_parts_of(list);
    struct json_part part;
    uint64_t n = 0;
    int answer = 0, fault;

    while (!answer && (fault = json_parts_next(&parts, &part)) == 0)
        answer = item(r, kind, n++, part.value);
    if (answer || fault == JSON_PARTS_END)
        return answer;
    r->n_broken++;
    buf_clear(&r->path);
    answer = buf_printf(&r->path, "%s[%llu]", kind == MISP_OBJECT ? "Object" : "Attribute",
                        (unsigned long long)n);
    return answer
               ? answer
               : frame_fault(r, text_of(fault), place_of(r, list.at) + parts.at, buf_str(&r->path));
}

static bool is_list_of_items(const struct json_part *part)
{
    return (json_part_is(part, "Attribute") || json_part_is(part, "Object")) &&
           part->value.at[0] == '[';
}

/* What is told, and ends the event: 1. */
static int told(int answer)
{
    return answer ? answer : 1;
}

/* The event without its two lists, into r->head. 1: it is broken, which was told. */
static int gather_head(struct misp_reader *r)
{
    struct json_parts parts = json_parts_of(r->event);
    struct json_part part;
    int fault, answer;

    buf_clear(&r->head);
    answer = buf_add_char(&r->head, '{');
    while (!answer && (fault = json_parts_next(&parts, &part)) == 0) {
        answer = r->head.len > 1 ? buf_add_char(&r->head, ',') : 0;
        if (!answer)
            answer = buf_add_str(&r->head, part.key);
        if (!answer)
            answer = buf_add_char(&r->head, ':');
        if (!answer)
            answer = is_list_of_items(&part) ? buf_add_text(&r->head, "[]")
                                             : buf_add_str(&r->head, part.value);
    }
    if (!answer && fault != JSON_PARTS_END) {
        return told(frame_fault(r, text_of(fault), place_of(r, r->event.at) + parts.at, STR_NONE));
    }
    return answer ? answer : buf_add_char(&r->head, '}');
}

/* Which member of the head it is that cannot be read. */
static int tell_head(struct misp_reader *r, int fault)
{
    struct json_parts parts = json_parts_of(r->event);
    struct json_part part;
    const struct scan_value *v;

    while (json_parts_next(&parts, &part) == 0) {
        int found =
            is_list_of_items(&part) ? 0 : scanner_read(r->scanner, part.value, &v, &r->place);

        if (found < 0)
            return found;
        if (found) {
            buf_clear(&r->path);
            if (buf_printf(&r->path, "%.*s%s%.*s", (int)MIN_OF(part.key.len - 2, 200u),
                           part.key.at + 1,
                           r->place.path.len && r->place.path.at[0] != '[' ? "." : "",
                           STR_ARG(buf_str(&r->place.path))) == -ENOMEM)
                return -ENOMEM;
            return frame_fault(r, text_of(found), place_of(r, part.value.at) + r->place.offset,
                               buf_str(&r->path));
        }
    }
    return frame_fault(r, text_of(fault), place_of(r, r->event.at), buf_str(&r->place.path));
}

static bool is_uuid(struct str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_hyphen ? s.at[i] != '-' : hex_digit(s.at[i]) < 0)
            return false;
    }
    return true;
}

static int left_out(struct misp_reader *r, int answer)
{
    r->n_broken++;
    return answer > 0 ? 0 : answer;
}

static int lists(struct misp_reader *r)
{
    struct json_parts parts = json_parts_of(r->event);
    struct json_part part;
    int answer = 0;

    while (!answer && json_parts_next(&parts, &part) == 0)
        if (is_list_of_items(&part))
            answer =
                items(r, json_part_is(&part, "Object") ? MISP_OBJECT : MISP_ATTRIBUTE, part.value);
    return answer;
}

static int event(struct misp_reader *r, struct str bytes)
{
    int answer;

    r->event = bytes;
    r->now = (struct misp_event){.number = r->n_events++};
    answer = gather_head(r);
    if (answer == -ENOSPC)
        answer = told(frame_fault(r, MSG_STIX_MEMORY, place_of(r, bytes.at), STR_NONE));
    if (answer)
        return left_out(r, answer);
    answer = scanner_read(r->head_scanner, buf_str(&r->head), &r->now.head, &r->place);
    if (answer < 0)
        return answer;
    if (answer)
        return left_out(r, tell_head(r, answer));
    r->now.bytes = buf_str(&r->head);
    r->now.uuid = scan_text(r->now.head, STR("uuid"));
    if (!is_uuid(r->now.uuid)) {
        struct misp_finding f = {.text = MSG_MISP_UUID,
                                 .number = r->now.number,
                                 .path = STR("uuid"),
                                 .value = r->now.uuid};

        return left_out(r, tell_at(r, &f, place_of(r, bytes.at)));
    }
    answer = r->calls.begin(&r->now, r->context);
    if (!answer)
        answer = lists(r);
    return answer ? answer : r->calls.end(&r->now, r->context);
}

/* What an object of the file is: an event, one in {"Event": …}, or an answer of a server that did not come piece by piece. */
static int unit(struct misp_reader *r, struct str bytes, unsigned depth)
{
    struct json_parts parts = json_parts_of(bytes);
    struct json_part part;
    bool is_event = false;
    int fault;

    while ((fault = json_parts_next(&parts, &part)) == 0) {
        char c = part.value.at[0];

        if (json_part_is(&part, "Event") && c == '{')
            return event(r, part.value);
        if (json_part_is(&part, "response") && c == '{' && depth < 2)
            return unit(r, part.value, depth + 1);
        is_event |= json_part_is(&part, "info") || json_part_is(&part, "uuid") ||
                    json_part_is(&part, "Attribute") || json_part_is(&part, "Object");
    }
    if (is_event || fault != JSON_PARTS_END)
        return event(r, bytes);
    r->n_events++;
    r->n_broken++;
    return frame_fault(r, MSG_MISP_NO_EVENT, place_of(r, bytes.at), STR_NONE);
}

/* ---- the frame ---- */

static int lose(struct misp_reader *r, enum message_key text)
{
    r->state = LOST;
    return frame_fault(r, text, r->at, STR_NONE);
}

static void begin_event(struct misp_reader *r, enum state behind)
{
    let_go(r, r->at);
    r->state = PASSING;
    r->behind = behind;
    r->skip = (struct scan_skip){0};
    r->is_dropping = false;
}

/* *ret_more: it goes on behind the window. */
static int pass(struct misp_reader *r, bool *ret_more)
{
    r->at += scan_skip(&r->skip, (struct str){r->window.at + r->at, r->window.len - r->at});
    r->is_dropping |= r->at - r->held > MISP_EVENT_MAX;
    *ret_more = r->skip.depth != 0;
    if (r->is_dropping)
        let_go(r, r->at);
    if (*ret_more)
        return 0;
    r->state = r->behind;
    if (!r->is_dropping)
        return unit(r, (struct str){r->window.at + r->held, r->at - r->held}, 0);
    r->n_events++;
    r->n_broken++;
    return frame_fault(r, MSG_MISP_TOO_LARGE, r->at, STR_NONE);
}

/* The bytes that {"response":[ takes, or 0; *ret_more: too few are there to say. */
static size_t answer_head(const struct misp_reader *r, bool *ret_more)
{
    static const char *const tokens[] = {"{", "\"response\"", ":", "["};
    size_t at = r->at, end = MIN_OF(r->window.len, r->at + PEEK_MAX);

    *ret_more = false;
    for (size_t t = 0; t < ARRAY_LEN(tokens); t++) {
        size_t len = strlen(tokens[t]), n;

        while (at < end && strchr(" \n\r\t", r->window.at[at]) && r->window.at[at])
            at++;
        n = MIN_OF(len, end - at);
        if (memcmp(r->window.at + at, tokens[t], n) != 0)
            return 0;
        if (n < len) {
            *ret_more = end == r->window.len;
            return 0;
        }
        at += len;
    }
    return at - r->at;
}

static int at_value(struct misp_reader *r, bool *ret_more)
{
    char c = r->window.at[r->at];
    size_t head = 0;

    if (c != '{' && c != '[')
        return lose(r, r->has_values ? MSG_STIX_MORE : MSG_MISP_NO_EVENT);
    r->is_answer = false;
    if (c == '{') {
        head = answer_head(r, ret_more);
        if (*ret_more)
            return 0;
    }
    r->has_values = true;
    if (c == '{' && !head) {
        begin_event(r, AT_VALUE);
        return 0;
    }
    r->is_answer = head > 0;
    r->at += MAX_OF(head, 1u);
    r->needs_comma = false;
    r->state = IN_LIST;
    return 0;
}

static int in_list(struct misp_reader *r)
{
    char c = r->window.at[r->at];

    if (c == ']') {
        r->at++;
        r->state = r->is_answer ? IN_TAIL : AT_VALUE;
        r->skip = (struct scan_skip){.depth = 1};
        return 0;
    }
    if (r->needs_comma && c == ',') {
        r->at++;
        r->needs_comma = false;
        return 0;
    }
    if (r->needs_comma)
        return lose(r, MSG_STIX_COMMA);
    if (c != '{')
        return lose(r, MSG_MISP_NO_EVENT);
    r->needs_comma = true;
    begin_event(r, IN_LIST);
    return 0;
}

static int step(struct misp_reader *r, bool *ret_more)
{
    *ret_more = false;
    if (r->state == PASSING)
        return pass(r, ret_more);
    if (r->state == IN_TAIL) {
        r->at += scan_skip(&r->skip, (struct str){r->window.at + r->at, r->window.len - r->at});
        if (!r->skip.depth)
            r->state = AT_VALUE;
        return 0;
    }
    if (r->window.at[r->at] && strchr(" \n\r\t", r->window.at[r->at])) {
        r->at++;
        return 0;
    }
    return r->state == IN_LIST ? in_list(r) : at_value(r, ret_more);
}

/* A byte order mark, which is passed over. false: too few bytes are there to say. */
static bool start(struct misp_reader *r, bool is_end)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t n = MIN_OF(r->window.len, 3u);

    if (memcmp(r->window.at, mark, n) == 0 && n < 3 && !is_end)
        return false;
    if (n == 3 && memcmp(r->window.at, mark, 3) == 0)
        r->at = 3;
    r->state = AT_VALUE;
    return true;
}

static int go_on(struct misp_reader *r, bool is_end)
{
    bool is_short = false;
    int answer = 0;

    if (r->state == AT_START && r->window.len && !start(r, is_end))
        return 0;
    while (!answer && !is_short && r->state != LOST && r->at < r->window.len)
        answer = step(r, &is_short);
    return answer;
}

static void move_window(struct misp_reader *r)
{
    size_t keep = r->state == PASSING ? r->held : r->at;

    let_go(r, keep);
    if (keep && r->window.len - keep)
        memmove(r->window.at, r->window.at + keep, r->window.len - keep);
    buf_cut(&r->window, r->window.len - keep);
    r->at -= keep;
    r->held = r->told_at = 0;
}

int misp_reader_add(struct misp_reader *r, struct str piece)
{
    while (piece.len && r->state != LOST) {
        struct str now = {piece.at, MIN_OF(piece.len, PIECE_MAX)};
        int answer = buf_add_str(&r->window, now);

        piece.at += now.len;
        piece.len -= now.len;
        if (!answer)
            answer = go_on(r, false);
        if (answer)
            return answer;
        move_window(r);
    }
    return 0;
}

int misp_reader_end(struct misp_reader *r)
{
    int answer = go_on(r, true);

    if (answer || r->state == LOST)
        return answer;
    if (r->state == AT_VALUE && r->at == r->window.len)
        return r->has_values ? 0 : frame_fault(r, MSG_MISP_NO_EVENT, r->at, STR_NONE);
    r->n_events += r->state == PASSING;
    r->n_broken += r->state == PASSING;
    return r->state == AT_START ? frame_fault(r, MSG_MISP_NO_EVENT, r->at, STR_NONE)
                                : frame_fault(r, MSG_STIX_END, r->window.len, STR_NONE);
}
