/* The only writer of HTML: elements and attributes by number, values always escaped, nesting checked.
 *
 *     html_open(h, HTML_A);
 *     html_attr_url(h, HTML_HREF, path);
 *     html_text(h, name);
 *     html_close(h, HTML_A);
 *
 * There is no call that writes a piece of HTML unescaped, no attribute that holds script or style, and no element that
 * holds either inline.
 * Owner    the caller of html_init(); nothing to free: the bytes go into the caller's buffer.
 * Errors   sticky: after the first misuse (wrong nesting, attribute behind text, bad URL scheme) or buffer failure,
 *          nothing more is written and html_end() answers it. html_problem() says what.
 * Threads  one at a time.
 * Texts    invalid UTF-8, control characters (but TAB and LF) and characters that reorder text (bidi embeddings,
 *          overrides, isolates) become U+FFFD; CR LF becomes LF. */
#pragma once

#include "base/buf.h"

#define HTML_DEPTH_MAX 64

/* id, name, flags. VOID: no content, no end tag. NOSELF: never inside itself. TEXTONLY: holds text only. EMPTY: holds nothing. */
#define HTML_ELEMENTS(X)                                        \
    X(HTML, "html", 0)                                          \
    X(HEAD, "head", 0)                                          \
    X(TITLE, "title", HTML_TEXT_ONLY)                           \
    X(META, "meta", HTML_VOID)                                  \
    X(LINK, "link", HTML_VOID)                                  \
    X(SCRIPT, "script", HTML_EMPTY)                             \
    X(BODY, "body", 0)                                          \
    X(HEADER, "header", 0)                                      \
    X(NAV, "nav", 0)                                            \
    X(MAIN, "main", HTML_NO_SELF)                               \
    X(FOOTER, "footer", 0)                                      \
    X(SECTION, "section", 0)                                    \
    X(ARTICLE, "article", 0)                                    \
    X(ASIDE, "aside", 0)                                        \
    X(DIV, "div", 0)                                            \
    X(SPAN, "span", 0)                                          \
    X(P, "p", HTML_NO_SELF | HTML_PHRASING)                     \
    X(H1, "h1", HTML_PHRASING)                                  \
    X(H2, "h2", HTML_PHRASING)                                  \
    X(H3, "h3", HTML_PHRASING)                                  \
    X(H4, "h4", HTML_PHRASING)                                  \
    X(A, "a", HTML_NO_SELF)                                     \
    X(STRONG, "strong", 0)                                      \
    X(EM, "em", 0)                                              \
    X(MARK, "mark", 0)                                          \
    X(SMALL, "small", 0)                                        \
    X(DEL, "del", 0)                                            \
    X(CODE, "code", 0)                                          \
    X(PRE, "pre", HTML_EATS_NEWLINE)                            \
    X(BDI, "bdi", 0)                                            \
    X(TIME, "time", 0)                                          \
    X(ABBR, "abbr", 0)                                          \
    X(RUBY, "ruby", 0)                                          \
    X(RT, "rt", 0)                                              \
    X(BR, "br", HTML_VOID)                                      \
    X(HR, "hr", HTML_VOID)                                      \
    X(IMG, "img", HTML_VOID)                                    \
    X(UL, "ul", 0)                                              \
    X(OL, "ol", 0)                                              \
    X(LI, "li", 0)                                              \
    X(DL, "dl", 0)                                              \
    X(DT, "dt", 0)                                              \
    X(DD, "dd", 0)                                              \
    X(TABLE, "table", 0)                                        \
    X(CAPTION, "caption", 0)                                    \
    X(THEAD, "thead", 0)                                        \
    X(TBODY, "tbody", 0)                                        \
    X(TR, "tr", 0)                                              \
    X(TH, "th", 0)                                              \
    X(TD, "td", 0)                                              \
    X(FORM, "form", HTML_NO_SELF)                               \
    X(FIELDSET, "fieldset", 0)                                  \
    X(LEGEND, "legend", 0)                                      \
    X(LABEL, "label", HTML_NO_SELF)                             \
    X(INPUT, "input", HTML_VOID)                                \
    X(TEXTAREA, "textarea", HTML_TEXT_ONLY | HTML_EATS_NEWLINE) \
    X(SELECT, "select", 0)                                      \
    X(OPTGROUP, "optgroup", 0)                                  \
    X(OPTION, "option", HTML_TEXT_ONLY)                         \
    X(BUTTON, "button", HTML_NO_SELF)                           \
    X(DETAILS, "details", 0)                                    \
    X(SUMMARY, "summary", 0)

enum {
    HTML_VOID = 1,
    HTML_NO_SELF = 2,
    HTML_TEXT_ONLY = 4,
    HTML_EMPTY = 8,
    HTML_PHRASING = 16,     /* holds no blocks */
    HTML_EATS_NEWLINE = 32, /* parsers drop a newline right behind the start tag: we write one more */
};

enum html_element {
#define X(id, name, flags) HTML_##id,
    HTML_ELEMENTS(X)
#undef X
        HTML_ELEMENT_COUNT
};

/* id, name, which call writes it. */
#define HTML_ATTRIBUTES(X)                                                                         \
    X(CLASS, "class", TEXT)                                                                        \
    X(ID, "id", TEXT)                                                                              \
    X(LANG, "lang", TEXT)                                                                          \
    X(ROLE, "role", TEXT)                                                                          \
    X(TITLE_ATTR, "title", TEXT)                                                                   \
    X(HREF, "href", URL)                                                                           \
    X(SRC, "src", URL)                                                                             \
    X(ACTION, "action", URL)                                                                       \
    X(METHOD, "method", TEXT)                                                                      \
    X(NAME, "name", TEXT)                                                                          \
    X(VALUE, "value", TEXT)                                                                        \
    X(TYPE, "type", TEXT)                                                                          \
    X(FOR, "for", TEXT)                                                                            \
    X(REL, "rel", TEXT)                                                                            \
    X(CHARSET, "charset", TEXT)                                                                    \
    X(CONTENT, "content", TEXT)                                                                    \
    X(MEDIA, "media", TEXT)                                                                        \
    X(ALT, "alt", TEXT)                                                                            \
    X(AUTOCOMPLETE, "autocomplete", TEXT)                                                          \
    X(INPUTMODE, "inputmode", TEXT)                                                                \
    X(PLACEHOLDER, "placeholder", TEXT)                                                            \
    X(PATTERN, "pattern", TEXT)                                                                    \
    X(ENCTYPE, "enctype", TEXT)                                                                    \
    X(ACCEPT, "accept", TEXT)                                                                      \
    X(FORM_ATTR, "form", TEXT)                                                                     \
    X(SCOPE, "scope", TEXT)                                                                        \
    X(DATETIME, "datetime", TEXT)                                                                  \
    X(ARIA_LABEL, "aria-label", TEXT)                                                              \
    X(ARIA_LABELLEDBY, "aria-labelledby", TEXT)                                                    \
    X(ARIA_DESCRIBEDBY, "aria-describedby", TEXT)                                                  \
    X(ARIA_CURRENT, "aria-current", TEXT)                                                          \
    X(ARIA_INVALID, "aria-invalid", TEXT)                                                          \
    X(ARIA_HIDDEN, "aria-hidden", TEXT)                                                            \
    X(ARIA_LIVE, "aria-live", TEXT)                                                                \
    X(ARIA_SORT, "aria-sort", TEXT)                                                                \
    X(DATA_TYPE, "data-type", TEXT)                                                                \
    X(DATA_STATE, "data-state", TEXT)                                                              \
    X(DATA_SIZE, "data-size", TEXT)                                                                \
    X(DATA_GUARD, "data-guard", TEXT)                                                              \
    X(DATA_REG, "data-reg", TEXT)                                                                  \
    X(DATA_FIELD, "data-field", TEXT)                                                              \
    X(DATA_SENDING, "data-sending", TEXT)                                                          \
    X(DATA_EXAMINING, "data-examining", TEXT)                                                      \
    X(DATA_READY, "data-ready", TEXT)                                                              \
    X(DATA_CANCEL, "data-cancel", TEXT)                                                            \
    X(DATA_CANCELLED, "data-cancelled", TEXT)                                                      \
    X(DATA_FAILED, "data-failed", TEXT)                                                            \
    X(ROWS, "rows", NUMBER)                                                                        \
    X(COLS, "cols", NUMBER)                                                                        \
    X(SIZE, "size", NUMBER)                                                                        \
    X(WIDTH, "width", NUMBER)                                                                      \
    X(HEIGHT, "height", NUMBER)                                                                    \
    X(COLSPAN, "colspan", NUMBER)                                                                  \
    X(ROWSPAN, "rowspan", NUMBER)                                                                  \
    X(TABINDEX, "tabindex", NUMBER)                                                                \
    X(START, "start", NUMBER)                                                                      \
    X(REQUIRED, "required", BOOL)                                                                  \
    X(CHECKED, "checked", BOOL)                                                                    \
    X(SELECTED, "selected", BOOL)                                                                  \
    X(DISABLED, "disabled", BOOL)                                                                  \
    X(READONLY, "readonly", BOOL)                                                                  \
    X(MULTIPLE, "multiple", BOOL)                                                                  \
    X(AUTOFOCUS, "autofocus", BOOL)                                                                \
    X(OPEN, "open", BOOL)                                                                          \
    X(DEFER, "defer", BOOL)                                                                        \
    X(NOVALIDATE, "novalidate", BOOL)

enum html_attribute {
#define X(id, name, kind) HTML_##id,
    HTML_ATTRIBUTES(X)
#undef X
        HTML_ATTRIBUTE_COUNT
};

struct html {
    struct buf *out;               /* private, all of it */
    const char *problem;
    int error;
    bool in_tag;                   /* the start tag is still open for attributes */
    unsigned depth;
    uint8_t stack[HTML_DEPTH_MAX]; /* enum html_element */
    uint64_t attributes[2];        /* of the open tag, one bit each */
};

/* Writes the doctype unless `is_fragment`. `out` must outlive `h`. */
void html_init(struct html *h, struct buf *out, bool is_fragment);
/* Everything closed and nothing wrong? 0; -EINVAL misuse (a bug of ours: see html_problem); -ENOMEM, -ENOSPC. */
MUST_CHECK int html_end(struct html *h);
const char *html_problem(const struct html *h); /* NULL: none */

void html_open(struct html *h, enum html_element e);
/* `e` must be the innermost open element; void elements are not closed. */
void html_close(struct html *h, enum html_element e);
void html_text(struct html *h, struct str text);

/* Attributes of the element just opened, each once. */
void html_attr(struct html *h, enum html_attribute a, struct str value);
/* Relative, or http:, https:, mailto:. Anything else is an error. */
void html_attr_url(struct html *h, enum html_attribute a, struct str url);
void html_attr_number(struct html *h, enum html_attribute a, int64_t value);
void html_attr_if(struct html *h, enum html_attribute a, bool is_set); /* boolean attributes */
/* The URL rule of html_attr_url(), for those who must know beforehand. */
bool html_url_is_allowed(struct str url);

/* Shorthands: an element with a class (NULL: none), open; and one with a text, closed. */
void html_begin(struct html *h, enum html_element e, const char *class_names);
void html_element(struct html *h, enum html_element e, const char *class_names, struct str text);
