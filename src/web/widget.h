/* The pieces pages are built from: form rows, error summary, tables, chips, definition lists, refusals.
 * Each writes whole, accessible markup: labels belong to their controls, errors and support texts are described-by, and
 * meaning never depends on colour alone.
 * Texts    all `struct str` are plain text and escaped here; those that are `at == NULL` are left out.
 * Owner    everything is borrowed for the call.
 * Errors   those of struct html: sticky, seen at html_end(). */
#pragma once

#include "base/message.h"
#include "web/html.h"

/* What every widget needs besides its own text. */
struct widget_ctx {
    struct html *html;
    struct arena *arena;       /* of the request: ids and filled-in texts */
    enum message_lang lang;
};

/* ---- form rows ---- */

/* The heading part of a row, same for every kind of control. */
struct field_info {
    const char *name;          /* of the control; also makes the ids: a-z, 0-9, '_', '-', '.' */
    struct str label;
    struct str support;        /* what to write; that of a day, month or time gets an example of one behind it … */
    bool has_example;          /* … unless it has its own */
    struct str error;          /* what is wrong and what would be right, without the mark */
    bool is_required;          /* the browser asks for it, too */
    bool is_demanded;          /* marked ※必須; who leaves it empty is told why not by the answer */
    bool show_sometimes;       /* mark it ※場合により必須 when it is neither: what else stands in the form decides */
    bool show_optional;        /* mark it ※任意 when it is none of them */
    bool is_readonly;
    void (*note)(
        void *
            arg); /* writes what stands below the control, which is described by it, too; NULL: nothing */
    void *note_arg;
};

struct field_choice {
    struct str value;
    struct str label;
    struct str hint;           /* shown beside a radio or checkbox */
    bool is_chosen;
};

enum line_kind { LINE_TEXT, LINE_PASSWORD, LINE_NUMBER, LINE_DATE, LINE_MONTH, LINE_TIME, LINE_SEARCH };

/* One line. Dates and numbers are typed as text, so that eras and full-width digits are welcome; LINE_DATE, LINE_MONTH and
 * LINE_TIME bring their own support text unless one is given. `autocomplete` may be NULL. */
void field_text(struct widget_ctx *w, const struct field_info *f, enum line_kind kind, struct str value,
                const char *autocomplete);
void field_long_text(struct widget_ctx *w, const struct field_info *f, struct str value, unsigned rows);
/* Radio buttons, for few choices. */
void field_choice(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n);
/* Check boxes of one name, sent once for each that is checked. */
void field_checks(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n);
/* The same, and below them lines for what is not among the boxes, sent under the same name. `lines_label` names them. */
void field_checks_and_lines(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n,
                            struct str lines_label, struct str lines);
/* A drop-down list; begins with "please choose" unless something is chosen and the field is required. */
void field_select(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n);
/* The rows of a table typed in: what stands between the two is the caller's. */
void group_begin(struct widget_ctx *w, const struct field_info *f);
void group_end(struct widget_ctx *w, const struct field_info *f);
/* A file to choose; `accept` as HTML writes it: ".csv,.xlsx". Only in a form of form_begin_files(). */
void field_file(struct widget_ctx *w, const struct field_info *f, struct str accept);
/* A file that a step takes. With script it goes ahead of the form (assets/upload.js), without it goes with it: `info.name` is the control's,
 * and the hidden one `id_name` beside it holds the id of a file that was sent already. */
struct upload_info {
    const char *id_name, *reg;
    struct str id;   /* of the file that is there, or was sent; "" none */
    struct str held; /* what that is called, in words; at == NULL: nothing is shown */
    bool is_unexamined; /* nobody waits for its examination */
    struct str drop; /* words of the box, called `info.name` with "_none" behind it, that takes it out again; at == NULL: no box */
};
void field_upload(struct widget_ctx *w, const struct field_info *f, const struct upload_info *u);
void field_hidden(struct widget_ctx *w, const char *name, struct str value);

/* Open a POST form of our own with its CSRF token (left out when at == NULL); `warn_unsent` asks before leaving it. */
void form_begin(struct widget_ctx *w, struct str action, struct str csrf, bool warn_unsent);
/* The same for a form with files: sent as multipart/form-data. */
void form_begin_files(struct widget_ctx *w, struct str action, struct str csrf, bool warn_unsent);
/* A form that only asks: what is typed stands in the address, and nothing is changed. */
void form_begin_get(struct widget_ctx *w, struct str action);
void form_end(struct widget_ctx *w);
enum button_kind { BUTTON_SOLID, BUTTON_OUTLINE, BUTTON_DANGER };
/* A submit button; name and value may be at == NULL. */
void button_submit(struct widget_ctx *w, enum button_kind kind, struct str text, struct str name, struct str value);
/* A link that looks like one. */
void button_link(struct widget_ctx *w, enum button_kind kind, struct str text, struct str url);

/* "3 entries need correction" with links to the fields that have an error; nothing when none has. */
void error_summary(struct widget_ctx *w, const struct field_info *const *fields, size_t n);

/* ---- showing ---- */
enum notice_kind { NOTICE_INFO, NOTICE_SUCCESS, NOTICE_WARNING, NOTICE_ERROR };
void notice(struct widget_ctx *w, enum notice_kind kind, struct str heading, struct str text);

enum chip_kind { CHIP_NEUTRAL, CHIP_ACTIVE, CHIP_DONE, CHIP_WARNING, CHIP_DANGER };
void chip(struct widget_ctx *w, enum chip_kind kind, struct str text);

struct column {
    struct str heading;
    bool is_number;            /* right-aligned */
    bool is_time;              /* date and time, broken between the two alone */
    bool is_row_heading;       /* its cells name the row */
    const char *sort;          /* NULL, or "ascending", "descending": how the table is sorted now */
    struct str sort_url;       /* link of the heading; at == NULL: cannot be sorted */
};
struct table {
    const struct column *columns;
    size_t n_columns;
    size_t at;                 /* private: column of the next cell */
};
/* table_begin(); for each row: row_begin(), a cell per column, row_end(); table_end(). Columns must outlive the table. */
void table_begin(struct widget_ctx *w, struct table *t, const struct column *columns, size_t n, struct str caption);
void row_begin(struct widget_ctx *w, struct table *t);
void cell_text(struct widget_ctx *w, struct table *t, struct str text);
void cell_link(struct widget_ctx *w, struct table *t, struct str text, struct str url);
/* For a cell of several things: write between the two. */
void cell_begin(struct widget_ctx *w, struct table *t);
void cell_end(struct widget_ctx *w, struct table *t);
void row_end(struct widget_ctx *w, struct table *t);
void table_end(struct widget_ctx *w, struct table *t);
/* The words for a list without rows. */
void table_empty(struct widget_ctx *w);

/* A graph of objects, drawn and walked by assets/graph.js from what `url` answers (its shape stands there). The page shows the same as a table, for whoever
 * has no script or reads by ear. `name`: what it is a graph of. */
void graph_view(struct widget_ctx *w, struct str name, struct str url);

/* Something that goes on by itself: assets/watch.js asks `url` with "/progress.json" behind it ({"done", "size", "words", "is_over"}), shows a bar, and opens
 * `url` when it is over. Without script it is a link to `url`. */
void progress_view(struct widget_ctx *w, struct str words, struct str url);

/* Previous and next; a URL with at == NULL is left out. Numbers count from 1. `total` 0: unknown. */
void page_list(struct widget_ctx *w, uint64_t first, uint64_t last, uint64_t total, unsigned page_size,
               struct str previous_url, struct str next_url);

/* A record's fields: definition_begin(); definition() or definition_open()/_close() each; definition_end(). */
void definition_begin(struct widget_ctx *w);
void definition(struct widget_ctx *w, struct str term, struct str text);
void definition_open(struct widget_ctx *w, struct str term);
void definition_close(struct widget_ctx *w);
void definition_end(struct widget_ctx *w);

/* History, newest or oldest first as given. */
struct event {
    struct str time;           /* for people */
    struct str time_iso;       /* for machines; may be at == NULL */
    struct str what;
    struct str who;
    struct str note;           /* reason, clause */
    struct str url;            /* of the ledger entry */
    bool is_refusal;
};
void timeline(struct widget_ctx *w, const struct event *events, size_t n);

/* One item of 本日の仕事. */
struct task_link {
    struct str what, url;
};
struct task {
    struct str what;           /* .at NULL: the links say it */
    struct str url;            /* .at NULL: no link */
    const struct task_link *links; /* what can be done */
    size_t n_links;
    struct str register_name;
    struct str record;         /* number and name of the record */
    struct str record_url;     /* .at NULL: no link */
    struct str about;          /* its unit and the records that it names; .at NULL: nothing */
    bool is_urgent;
    struct str due;            /* for people: "あと3日" */
    bool is_overdue;
    struct str clause;         /* "第12条第2項" */
    struct str clause_url;
};
void task_list(struct widget_ctx *w, const struct task *tasks, size_t n);

/* Why something cannot be done: for each clause what it is and why, then what would satisfy. */
struct refusal_clause {
    struct str clause;         /* "第7条第1項" */
    struct str clause_url;
    struct str why;
};
struct refusal {
    const struct refusal_clause *clauses;
    size_t n_clauses;
    const struct str *satisfy;
    size_t n_satisfy;
    bool is_recorded;          /* the refusal is in the ledger */
};
void refusal_box(struct widget_ctx *w, const struct refusal *r);
