/* Every page, call of the API and file of the ledger: one row each. The table is the one place that says which address
 * exists, who may ask it, and how much it takes. */
#pragma once

#include "engine/attachment.h"
#include "web/kept.h"
#include "web/page.h"

#define TAXII_BODY_MAX (32u << 20) /* of an envelope that is sent */
#define STEP_BODY_MAX (FORM_FILE_MAX + (1u << 20)) /* a form with one file, where no script sends it ahead */

/* method, address, handler, level, largest body in bytes (0: 1 MiB where the method has one) */
#define PAGES(X)                                                                                   \
    X(GET, "/", today_page, SIGNED_IN, 0)                                                          \
    X(GET, "/notices", notices_page, SIGNED_IN, 0)                                                 \
    X(POST, "/notices", notices_act, SIGNED_IN, 8192)                                              \
    X(POST, "/notices/:shard/:seq/:n", notice_read, SIGNED_IN, 8192)                               \
    X(GET, "/registers", registers_page, SIGNED_IN, 0)                                             \
    X(GET, "/registers/:reg", register_page, SIGNED_IN, 0)                                         \
    X(POST, "/registers/:reg/print", register_print, SIGNED_IN, 8192)                              \
    X(POST, "/registers/:reg/export", register_export, SIGNED_IN, 8192)                            \
    X(GET, "/registers/:reg/new/:step", new_record_page, SIGNED_IN, 0)                             \
    X(POST, "/registers/:reg/new/:step", new_record_act, SIGNED_IN, STEP_BODY_MAX)                 \
    X(GET, "/media", media_page, SIGNED_IN, 0)                                                     \
    X(GET, "/media/collect", collect_page, SIGNED_IN, 0)                                           \
    X(POST, "/media/collect", collect_act, SIGNED_IN, 16 << 20)                                    \
    X(GET, "/media/stations", stations_page, SIGNED_IN, 0)                                         \
    X(GET, "/media/stations/:do", station_page, SIGNED_IN, 0)                                      \
    X(POST, "/media/stations/:do", station_act, SIGNED_IN, STEP_BODY_MAX)                          \
    X(GET, "/media/jobs/:id", job_page, SIGNED_IN, 0)                                              \
    X(POST, "/media/jobs/:id", job_act, SIGNED_IN, 8192)                                           \
    X(GET, "/intel", intel_page, SIGNED_IN, 0)                                                     \
    X(GET, "/intel/find", intel_find_page, SIGNED_IN, 0)                                           \
    X(GET, "/intel/find/graph.json", intel_value_graph, SIGNED_IN, 0)                              \
    X(GET, "/intel/list", intel_list_page, SIGNED_IN, 0)                                           \
    X(GET, "/intel/import", intel_import_page, SIGNED_IN, 0)                                       \
    X(POST, "/intel/import", intel_import_act, SIGNED_IN, 16 << 20)                                \
    X(GET, "/intel/extract", intel_extract_page, SIGNED_IN, 0)                                     \
    X(POST, "/intel/extract", intel_extract_act, SIGNED_IN, STEP_BODY_MAX)                         \
    X(GET, "/intel/imports/:id", intel_run_page, SIGNED_IN, 0)                                     \
    X(POST, "/intel/imports/:id", intel_run_act, SIGNED_IN, 8192)                                  \
    X(GET, "/intel/imports/:id/progress.json", intel_run_progress, SIGNED_IN, 0)                   \
    X(GET, "/intel/objects/:id", intel_object_page, SIGNED_IN, 0)                                  \
    X(GET, "/intel/objects/:id/graph.json", intel_object_graph, SIGNED_IN, 0)                      \
    X(POST, "/intel/objects/:id/links", intel_links_act, SIGNED_IN, 16384)                         \
    X(GET, "/intel/ends", intel_ends_page, SIGNED_IN, 0)                                           \
    X(GET, "/intel/readers", intel_readers_page, SIGNED_IN, 0)                                     \
    X(GET, "/intel/polls", intel_polls_page, SIGNED_IN, 0)                                         \
    X(POST, "/intel/polls", intel_polls_act, SIGNED_IN, 8192)                                      \
    X(GET, "/intel/objects/:id/report", intel_report_page, SIGNED_IN, 0)                           \
    X(POST, "/intel/objects/:id/report", intel_report_act, SIGNED_IN, 16384)                       \
    X(GET, "/search", search_page, SIGNED_IN, 0)                                                   \
    X(GET, "/records/:id", record_page, SIGNED_IN, 0)                                              \
    X(GET, "/records/:id/proof", record_proof, SIGNED_IN, 0)                                       \
    X(POST, "/records/:id/print", record_print, SIGNED_IN, 8192)                                   \
    X(POST, "/records/:id/read", record_read, SIGNED_IN, 8192)                                     \
    X(POST, "/records/:id/label", record_label, SIGNED_IN, 8192)                                   \
    X(POST, "/records/:id/cover", record_cover, SIGNED_IN, 8192)                                   \
    X(GET, "/records/:id/code.svg", record_code, SIGNED_IN, 0)                                     \
    X(GET, "/records/:id/steps/:step", step_page, SIGNED_IN, 0)                                    \
    X(POST, "/records/:id/steps/:step", step_act, SIGNED_IN, STEP_BODY_MAX)                        \
    X(GET, "/records/:id/files/:file", record_file, SIGNED_IN, 0)                                  \
    X(GET, "/records/:id/holders", holders_of_item, SIGNED_IN, 0)                                  \
    X(GET, "/holders/:person", holders_of_person, SIGNED_IN, 0)                                    \
    X(GET, "/records/:id/files/:file/preview", preview_page, SIGNED_IN, 0)                         \
    X(POST, "/records/:id/files/:file/preview", preview_page, SIGNED_IN, 16384)                    \
    X(GET, "/clauses", clauses_page, SIGNED_IN, 0)                                                 \
    X(GET, "/clauses/:pack", pack_page, SIGNED_IN, 0)                                              \
    X(GET, "/clauses/:pack/:id", clause_page, SIGNED_IN, 0)                                        \
    X(GET, "/comparisons/:pack", compare_page, SIGNED_IN, 0)                                       \
    X(GET, "/sign-in", sign_in_page, OPEN, 0)                                                      \
    X(POST, "/sign-in", sign_in_act, OPEN, KEPT_BODY_MAX)                                          \
    X(POST, "/sign-out", sign_out_act, SIGNED_IN, 8192)                                            \
    X(GET, "/unlock", unlock_page, OPEN, 0)                                                        \
    X(POST, "/unlock", unlock_act, OPEN, KEPT_BODY_MAX)                                            \
    X(GET, "/reset", reset_page, OPEN, 0)                                                          \
    X(POST, "/reset", reset_act, OPEN, 8192)                                                       \
    X(GET, "/password", password_page, SIGNED_IN, 0)                                               \
    X(POST, "/password", password_act, SIGNED_IN, 8192)                                            \
    X(GET, "/tokens", tokens_page, SIGNED_IN, 0)                                                   \
    X(POST, "/tokens", tokens_act, SIGNED_IN, 8192)                                                \
    X(GET, "/settings", settings_page, SIGNED_IN, 0)                                               \
    X(POST, "/settings", settings_act, SIGNED_IN, 8192)                                            \
    X(POST, "/language", language_act, OPEN, 8192)                                                 \
    X(POST, "/clock", clock_act, SIGNED_IN, 8192)                                                  \
    X(GET, "/admin/accounts", accounts_page, SIGNED_IN, 0)                                         \
    X(POST, "/admin/accounts", accounts_act, SIGNED_IN, 8192)                                      \
    X(GET, "/admin/contacts/:person", contact_page, SIGNED_IN, 0)                                  \
    X(POST, "/admin/contacts/:person", contact_act, SIGNED_IN, 8192)                               \
    X(GET, "/admin/mail", mail_page, SIGNED_IN, 0)                                                 \
    X(POST, "/admin/mail", mail_act, SIGNED_IN, 8192)                                              \
    X(GET, "/admin/packs", packs_page, SIGNED_IN, 0)                                               \
    X(POST, "/admin/packs", packs_act, SIGNED_IN, 8192)                                            \
    X(GET, "/admin/force", import_page, SIGNED_IN, 0)                                              \
    X(POST, "/admin/force", import_act, SIGNED_IN, 16 << 20)                                       \
    X(GET, "/admin/plans", plans_page, SIGNED_IN, 0)                                               \
    X(POST, "/admin/plans", plans_act, SIGNED_IN, 8 << 20)                                         \
    X(GET, "/admin/plans/template", plan_template, SIGNED_IN, 0)                                   \
    X(GET, "/admin/plans/:id", plan_page, SIGNED_IN, 0)                                            \
    X(POST, "/admin/plans/:id", plan_act, SIGNED_IN, 8 << 20)                                      \
    X(GET, "/admin/takeover", takeover_page, SIGNED_IN, 0)                                         \
    X(POST, "/admin/takeover", takeover_act, SIGNED_IN, 16 << 20)                                  \
    X(GET, "/admin/takeover/template/:reg/:kind", takeover_template, SIGNED_IN, 0)                 \
    X(GET, "/admin/takeover/:id", proposal_page, SIGNED_IN, 0)                                     \
    X(POST, "/admin/takeover/:id", proposal_act, SIGNED_IN, 8192)                                  \
    X(GET, "/admin/processes", processes_page, SIGNED_IN, 0)                                       \
    X(GET, "/admin/whole-copies", whole_copies_page, SIGNED_IN, 0)                                 \
    X(POST, "/admin/whole-copies", whole_copies_act, SIGNED_IN, 8192)                              \
    X(GET, "/admin/restored", restored_page, SIGNED_IN, 0)                                         \
    X(POST, "/admin/restored", restored_act, SIGNED_IN, 8192)                                      \
    X(GET, "/healthz", healthz, OPEN, 0)                                                           \
    X(GET, "/api/openapi.json", openapi, OPEN, 0)                                                  \
    X(GET, "/api/problems", api_problem_types, OPEN, 0)                                            \
    X(GET, "/api/problems/:type", api_problem_type, OPEN, 0)                                       \
    X(GET, "/api/checkpoint", api_checkpoint, OPEN, 0)                                             \
    X(GET, "/api/me", api_me, SIGNED_IN, 0)                                                        \
    X(GET, "/api/today", api_today, SIGNED_IN, 0)                                                  \
    X(GET, "/api/notices", api_notices, SIGNED_IN, 0)                                              \
    X(POST, "/api/notices/:shard/:seq/:n/read", api_notice_read, SIGNED_IN, 8192)                  \
    X(GET, "/api/packs", api_packs, SIGNED_IN, 0)                                                  \
    X(GET, "/api/packs/:pack/clauses", api_clauses, SIGNED_IN, 0)                                  \
    X(GET, "/api/search", api_search, SIGNED_IN, 0)                                                \
    X(GET, "/api/records/:id", api_record, SIGNED_IN, 0)                                           \
    X(GET, "/api/records/:id/steps", api_record_steps, SIGNED_IN, 0)                               \
    X(GET, "/api/records/:id/history", api_record_history, SIGNED_IN, 0)                           \
    X(GET, "/api/records/:id/proof", api_record_proof, SIGNED_IN, 0)                               \
    X(POST, "/api/records/:id/:step", api_record_act, SIGNED_IN, 0)                                \
    X(POST, "/api/records/:id/:step/explain", api_record_explain, SIGNED_IN, 0)                    \
    X(GET, "/api/records/:id/files/:file", record_file, SIGNED_IN, 0)                              \
    X(POST, "/api/files", api_file_new, SIGNED_IN, 8192)                                           \
    X(GET, "/api/files/:file", api_file, SIGNED_IN, 0)                                             \
    X(PATCH, "/api/files/:file", api_file_piece, SIGNED_IN, ATTACHMENT_PIECE)                      \
    X(DELETE, "/api/files/:file", api_file_drop, SIGNED_IN, 8192)                                  \
    X(GET, "/api/registers", api_registers, SIGNED_IN, 0)                                          \
    X(GET, "/api/registers/:reg", api_register, SIGNED_IN, 0)                                      \
    X(GET, "/api/registers/:reg/steps", api_register_steps, SIGNED_IN, 0)                          \
    X(POST, "/api/registers/:reg/:step", api_register_act, SIGNED_IN, 0)                           \
    X(POST, "/api/registers/:reg/:step/explain", api_register_explain, SIGNED_IN, 0)               \
    X(GET, "/taxii2/", taxii_discovery, SIGNED_IN, 0)                                              \
    X(GET, "/taxii2/api/", taxii_root, SIGNED_IN, 0)                                               \
    X(GET, "/taxii2/api/collections/", taxii_collections, SIGNED_IN, 0)                            \
    X(GET, "/taxii2/api/collections/:collection/", taxii_collection, SIGNED_IN, 0)                 \
    X(GET, "/taxii2/api/collections/:collection/manifest/", taxii_manifest, SIGNED_IN, 0)          \
    X(GET, "/taxii2/api/collections/:collection/objects/", taxii_objects, SIGNED_IN, 0)            \
    X(POST, "/taxii2/api/collections/:collection/objects/", taxii_add, SIGNED_IN, TAXII_BODY_MAX)  \
    X(GET, "/taxii2/api/status/:status/", taxii_status, SIGNED_IN, 0)                              \
    X(GET, "/taxii2/api/collections/:collection/objects/:object/", taxii_object, SIGNED_IN, 0)     \
    X(DELETE, "/taxii2/api/collections/:collection/objects/:object/", taxii_delete, SIGNED_IN, 0)  \
    X(GET, "/taxii2/api/collections/:collection/objects/:object/versions/", taxii_versions, SIGNED_IN, 0) \
    X(GET, "/ledger/:year/checkpoint", ledger_checkpoint, OPEN, 0)                                 \
    X(GET, "/ledger/:year/key", ledger_key, OPEN, 0)                                               \
    X(GET, "/ledger/:year/tile/:a/:b", ledger_tile, OPEN, 0)                                       \
    X(GET, "/ledger/:year/tile/:a/:b/:c", ledger_tile, OPEN, 0)                                    \
    X(GET, "/ledger/:year/tile/:a/:b/:c/:d", ledger_tile, OPEN, 0)                                 \
    X(GET, "/ledger/:year/tile/:a/:b/:c/:d/:e", ledger_tile, OPEN, 0)

#define X(method, pattern, handler, level, body) page_fn handler;
/* A handler may answer several addresses: it is then declared several times, which is no harm. */
PAGES(X)
#undef X

/* Shown in place of any page while the session is locked; what was POSTed is kept and can be sent again. */
page_fn locked_page;
/* In place of what was POSTed by somebody who is signed in no more; it is kept for him. */
page_fn sign_in_first;
/* In place of what was POSTed under an earlier session of the same person: all of it again, to be sent under this one. */
page_fn kept_page;

/* A step's form with this field is not done: it is shown as it was filled in. */
#define STEP_SECRET "_secret" /* the control of a secret: what it holds comes back in no form, kept or shown again */
#define STEP_LOOK "_look"

/* A directive that is taken in; NULL. */
const struct pack *page_pack(struct page *p, const char *id);
/* The answer for a record that is not in sight: asked of the keeper, so that the attempt is entered. 403 with its clauses, or
 * 404 when there is no such record. */
MUST_CHECK int record_out_of_sight(struct page *p, const char *id);
/* The receipt of one entry under the keeper's checkpoint of that year, `signed_head`. 1: none can be given. */
MUST_CHECK int page_receipt(struct page *p, int64_t shard, uint64_t seq, const json_t *signed_head, struct str *ret);
/* The window title of a record's pages: its number where readings are entered, since names of such records are for the page alone. STR_NONE: the heading's. */
struct str record_window(struct page *p, const struct reg *reg, const json_t *view);
/* For the API: the record of the address as page_record_open() gives it, within the token's scope. 1: it is not, and that is answered. */
MUST_CHECK int api_open_record(struct page *p, json_t **ret_view, const struct reg **ret_reg);
/* Closing an account and opening it again, for administrators: a link to the form, where the person may; and the form, with what is wrong in
 * `answer` (NULL: nothing). */
void account_change_link(struct page *p, const struct account *a);
MUST_CHECK int account_change_show(struct page *p, const char *login, const json_t *answer);
struct str rights_words(struct page *p, unsigned rights); /* of force/account.h */
/* Valid tokens of everybody, for administrators; ending one is posted to `action`, whose page shows them by ?tokens=N. */
MUST_CHECK int tokens_of_all(struct page *p, struct str action);
/* What ends the token named by a form. */
json_t *token_end_message(struct page *p);
/* Copies of records of that register are counted: there is a page of who holds them. */
bool holders_are_counted(struct page *p, const struct reg *reg);
/* What worker.openapi holds. */
void openapi_free(struct openapi *o); /* accepts NULL */
/* "&made=…" for the address of a record's page: what the act of that outcome made beside it; "" nothing. */
struct str made_query(struct page *p, const json_t *outcome);
/* Of an entry of a view's history: who did it, and what. */
struct str record_actor_words(struct page *p, const json_t *entry);
struct str record_entry_title(struct page *p, const json_t *entry);
/* What would stay of the records that a step of this one disposes of: the list on which is decided. Nothing where none does. */
void record_disposal_show(struct page *p, const struct reg *reg, const json_t *view);
/* The first two-dimensional code that a form of the register draws of this record, with what stands beside it. Nothing where none does. */
MUST_CHECK int record_code_show(struct page *p, const struct reg *reg, const json_t *view);
/* Those of them that the person sees, with links, when the record's last act made them. */
MUST_CHECK int made_show(struct page *p, const json_t *view);
/* Of a row of what is due: until when, in words; and where it is done: a step on the record, or a new record about it.
 * (page-today.c) */
struct str due_words(struct page *p, const json_t *one);
/* Near enough to stand before what is folded away. */
bool due_is_soon(struct page *p, const json_t *one);
struct str due_url(struct page *p, const json_t *one);
/* Enter that a record is read where its register asks for that; before anything of it is shown. *ret_answer as below. */
MUST_CHECK int page_enter_read(struct page *p, const struct reg *reg, const char *id, json_t **ret_answer);
/* The same of a record that the program looks into for another act: nobody is asked why. */
MUST_CHECK int page_enter_read_aside(struct page *p, const struct reg *reg, const char *id, json_t **ret_answer);
/* The form that asks why a record is opened, in place of what was asked for: `answer` is the keeper's, "asks" or why what was said did not do. (page-why.c) */
MUST_CHECK int page_why(struct page *p, const struct reg *reg, const char *id, const json_t *answer);
/* A step's form that was sent after the hour is asked why with all that was typed in it, under these names, and comes back to the step with both. Says them
 * where they came: *ret_open false: that did not do, and the page stands that asks again. */
#define WHY_PURPOSE "_why"
#define WHY_CASE "_why_case"
MUST_CHECK int page_why_said(struct page *p, const struct reg *reg, const char *id, bool *ret_open);
/* The keeper's answer to a reading that was not entered: that form, or a page under `heading` with what it says; for the API its problem. */
MUST_CHECK int page_not_open(struct page *p, const char *id, const json_t *answer, enum message_key heading);
/* What a program says of why it opens a record, out of its request's Tsujiban-Purpose and Tsujiban-Case (UTF-8, percent-encoded), into the message. */
MUST_CHECK int page_put_why(struct page *p, json_t *message);
/* Enter that rows of engine_search() whose registers ask for that are shown; before any is. *ret_answer as below. */
MUST_CHECK int page_enter_search(struct page *p, const json_t *rows, json_t **ret_answer);
/* A record in sight whose reading has been entered where its register asks for that. 1: not in sight. *ret_answer: what the
 * keeper said when it could not enter the reading, NULL when all is well; then nothing of the record is shown. */
MUST_CHECK int page_record_open(struct page *p, const char *id, json_t **ret_view, const struct reg **ret_reg,
                           json_t **ret_answer);
/* The same for a page that is of the record: what does not open is answered. 1: it is not open, and that is answered. */
MUST_CHECK int page_record_or_answer(struct page *p, const char *id, json_t **ret_view, const struct reg **ret_reg);

/* The file of a plan's form, in place of what its field "body" holds. *ret_answer: what to answer when it cannot be read, as the keeper tells
 * of a table that it refuses; NULL: all is well, also when there is no file. */
MUST_CHECK int plan_take_file(struct page *p, json_t **ret_answer);
/* How many records of the register the person sees in `state` ("" all, LIST_UNFINISHED, or one state), as a link to them. */
MUST_CHECK int cell_count(struct page *p, struct table *t, const struct reg *reg, const char *state);

/* A form that prints: the record's own (`list` NULL), or the rows of the register that are asked for. */
struct list_asked;
void print_button(struct page *p, struct str action, const struct reg *reg, const struct form *form, const struct list_asked *list);
/* Of a medium: its label to stick onto it. */
void label_button(struct page *p, const struct reg *reg, const char *id);
/* Where what goes by its records has a cover (engine/cover.h). */
void cover_button(struct page *p, const struct reg *reg, const char *id);
/* One for each form of the record's register. */
void print_buttons(struct page *p, const struct reg *reg, struct str action);
/* Messages that failed, are uncertain, or wait longer than they should: mail is not going as it should. */
MUST_CHECK int mail_trouble_count(struct page *p, int64_t *ret);
