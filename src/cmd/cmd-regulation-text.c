/* `tsujiban regulation text`: the official wording of a directive's clauses, from the force's own copy. A pack holds numbers and
 * summaries only; the wording is kept beside it in the store, with the digest of the file that it came from. */
#include "cmd/cmd-regulation.h"
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "base/tell.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define TEXT_FILE_MAX (4u << 20) /* bytes */

/* "CLAUSE<TAB>wording"; empty lines and lines that begin with # are passed over. */
static int read_line(const char *file, unsigned line, struct str text, json_t *texts, struct diag *diag)
{
    CLEANUP(buf_done) struct buf id, wording;
    struct diag_place place = {file, line, 1, NULL};
    struct str rest = text, clause;

    buf_init(&id, 256);
    buf_init(&wording, TEXT_FILE_MAX);
    if (!str_trim(text).len || text.at[0] == '#')
        return 0;
    if (!str_split(&rest, '\t', &clause) || !rest.at || !str_trim(rest).len) {
        diag_tell(diag, DIAG_ERROR, place, MSG_FAIL_WORDING_TAB);
        return 0;
    }
    clause = str_trim(clause);
    if (!clause.len || buf_add_str(&id, clause)) {
        diag_tell(diag, DIAG_ERROR, place, MSG_FAIL_WORDING_NO_ID);
        return 0;
    }
    if (utf8_nfc(str_trim(rest), false, &wording)) {
        place.col = (unsigned)clause.len + 2;
        diag_tell(diag, DIAG_ERROR, place, MSG_FAIL_WORDING_UTF8);
        return 0;
    }
    if (json_object_get(texts, id.at)) {
        diag_tell(diag, DIAG_ERROR, place, MSG_FAIL_WORDING_TWICE, {"clause", buf_str(&id)});
        return 0;
    }
    return json_put_strn(texts, id.at, buf_str(&wording));
}

static int read_texts(const char *file, struct str bytes, json_t *texts, struct diag *diag)
{
    struct str rest = bytes, line;
    unsigned n = 0;

    while (str_split(&rest, '\n', &line)) {
        int r = read_line(file, ++n, line, texts, diag);

        if (r)
            return r;
    }
    if (!diag->n_errors && !json_object_size(texts))
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){file, 1, 1, NULL}), MSG_FAIL_WORDING_EMPTY);
    return 0;
}

static int send_texts(const struct home *home, const char *pack, const char *hex, json_t *texts)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    int r = home_keeper(home, &link);

    if (r)
        return r;
    r = home_ask(link, json_pack("{s:s, s:s, s:s, s:O}", "op", "clause-text", "pack", pack, "digest", hex, "texts", texts),
                 &answer);
    if (!r)
        command_say(MSG_SAID_WORDINGS, {"n", NUMBER(json_object_size(texts))}, {"pack", str_of(pack)});
    return r;
}

int regulation_wordings(const char *file, json_t *ret, struct digest *ret_digest)
{
    CLEANUP(buf_done) struct buf bytes;
    struct diag diag;
    int r;

    buf_init(&bytes, TEXT_FILE_MAX);
    diag_init(&diag);
    r = file_read(file, TEXT_FILE_MAX, &bytes, &diag);
    if (!r)
        r = read_texts(file, buf_str(&bytes), ret, &diag);
    command_print_diag(&diag);
    r = r || diag.n_errors;
    diag_done(&diag);
    if (!r && ret_digest)
        *ret_digest = sha256(buf_str(&bytes));
    return r;
}

static int run(const struct arguments *args)
{
    JSON_AUTO *texts = json_object();
    struct digest digest;
    struct home home;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (!texts || regulation_wordings(args->rest[1], texts, &digest))
        return command_fail(MSG_FAIL_NOTHING_IN);
    return send_texts(&home, args->rest[0], digest_text(&digest).at, texts);
}

static const struct option_row options[] = {HOME_OPTIONS};
const struct command cmd_regulation_text = {"regulation text", "PACK FILE", MSG_HELP_REGULATION_TEXT,
                                            options, ARRAY_LEN(options), 2, 2, run, false};
