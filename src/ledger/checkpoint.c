#include "ledger/checkpoint.h"

#include <errno.h>
#include <inttypes.h>

#define RECEIPT_HEAD "c2sp.org/tlog-proof@v1"
#define CHECKPOINT_TEXT_MAX 4096u

/* Decimal without leading zeros. */
static int parse_decimal(struct str s, uint64_t *ret)
{
    if (s.len == 0 || (s.at[0] == '0' && s.len > 1))
        return CHECKPOINT_E_SYNTAX;
    return str_to_u64(s, 0, TREE_SIZE_MAX, ret) ? CHECKPOINT_E_SYNTAX : 0;
}

static int parse_digest(struct str s, struct digest *ret)
{
    struct buf bytes;
    int r;

    buf_init(&bytes, SHA256_SIZE);
    r = base64_parse(s, &bytes);
    if (r == -ENOSPC || r > 0 || (r == 0 && bytes.len != SHA256_SIZE))
        r = CHECKPOINT_E_SYNTAX;
    if (!r)
        memcpy(ret->bytes, bytes.at, SHA256_SIZE);
    buf_done(&bytes);
    return r;
}

/* ---- checkpoints ---- */

int checkpoint_print(const struct checkpoint *checkpoint, struct buf *out)
{
    int r = buf_printf(out, "%.*s\n%" PRIu64 "\n", STR_ARG(checkpoint->origin), checkpoint->size);

    assert(note_name_is_valid(checkpoint->origin));
    if (!r)
        r = base64_print(checkpoint->root.bytes, SHA256_SIZE, out);
    return r ? r : buf_add_char(out, '\n');
}

int checkpoint_parse(struct str text, struct checkpoint *ret_checkpoint)
{
    struct checkpoint c = {0};
    struct str rest = text, line;
    int r;

    if (text.len == 0 || text.at[text.len - 1] != '\n')
        return CHECKPOINT_E_SYNTAX;
    rest.len--;
    if (!str_split(&rest, '\n', &c.origin) || !note_name_is_valid(c.origin))
        return CHECKPOINT_E_SYNTAX;
    if (!rest.at || !str_split(&rest, '\n', &line) || parse_decimal(line, &c.size))
        return CHECKPOINT_E_SYNTAX;
    if (!rest.at || !str_split(&rest, '\n', &line))
        return CHECKPOINT_E_SYNTAX;
    if ((r = parse_digest(line, &c.root)))
        return r;
    while (rest.at && str_split(&rest, '\n', &line)) {
        if (line.len == 0)
            return CHECKPOINT_E_SYNTAX;
        c.has_extensions = true;
    }
    *ret_checkpoint = c;
    return 0;
}

int checkpoint_sign(const struct note_signer *signer, uint64_t size, const struct digest *root,
                    struct buf *out)
{
    struct checkpoint c = {.origin = str_of(signer->key.name), .size = size, .root = *root};
    struct buf text;
    int r;

    assert(signer->key.type == NOTE_ED25519);
    buf_init(&text, CHECKPOINT_TEXT_MAX);
    r = checkpoint_print(&c, &text);
    if (!r)
        r = note_sign(signer, buf_str(&text), 0, out);
    buf_done(&text);
    return ERR_FOLD(r); /* a name that is valid makes a text that may be signed */
}

int checkpoint_open(struct str bytes, const struct note_key *keys, size_t n_keys,
                    struct checkpoint *ret_checkpoint, struct note_verdict *ret_verdicts)
{
    struct note_verdict verdicts[NOTE_KEYS_MAX] = {0};
    struct checkpoint c;
    struct note note;
    int r;

    assert(n_keys > 0 && n_keys <= NOTE_KEYS_MAX);
    r = note_parse(bytes, &note);
    if (r > 0)
        return CHECKPOINT_E_SYNTAX;
    if (!r)
        r = checkpoint_parse(note.text, &c);
    if (r)
        return r;
    if (!str_eq(c.origin, str_of(keys[0].name)))
        return CHECKPOINT_E_ORIGIN;
    r = note_verify(&note, keys, n_keys, verdicts);
    if (r < 0)
        return ERR(r);
    if (r || !verdicts[0].signed_it)
        return CHECKPOINT_E_SIGNATURE;
    *ret_checkpoint = c;
    if (ret_verdicts)
        memcpy(ret_verdicts, verdicts, n_keys * sizeof(*verdicts));
    return 0;
}

/* ---- receipts ---- */

int receipt_print(const struct receipt *receipt, struct buf *out)
{
    int r = buf_add_text(out, RECEIPT_HEAD "\n");

    if (!r && receipt->has_extra) {
        r = buf_add_text(out, "extra ");
        if (!r)
            r = base64_print(receipt->extra.at, receipt->extra.len, out);
        if (!r)
            r = buf_add_char(out, '\n');
    }
    if (!r)
        r = buf_printf(out, "index %" PRIu64 "\n", receipt->index);
    for (size_t i = 0; !r && i < receipt->proof.n; i++) {
        r = base64_print(receipt->proof.at[i].bytes, SHA256_SIZE, out);
        if (!r)
            r = buf_add_char(out, '\n');
    }
    if (!r)
        r = buf_add_char(out, '\n');
    return r ? r : buf_add_str(out, receipt->checkpoint);
}

static bool take_line(struct str *rest, struct str *ret_line)
{
    return rest->at && str_split(rest, '\n', ret_line) && rest->at;
}

/* Cut "key " off a line. */
static bool cut_word(struct str *line, struct str word)
{
    if (!str_starts(*line, word))
        return false;
    *line = (struct str){line->at + word.len, line->len - word.len};
    return true;
}

static int check_extra(struct str base64)
{
    struct buf bytes;
    int r;

    buf_init(&bytes, RECEIPT_EXTRA_MAX);
    r = base64_parse(base64, &bytes);
    buf_done(&bytes);
    return r == -ENOSPC || r > 0 ? CHECKPOINT_E_SYNTAX : r;
}

int receipt_parse(struct str bytes, struct receipt *ret_receipt)
{
    struct receipt p = {0};
    struct str rest = bytes, line;
    int r;

    if (bytes.len > NOTE_MAX + 2 * RECEIPT_EXTRA_MAX)
        return CHECKPOINT_E_SYNTAX;
    if (!take_line(&rest, &line) || !str_eq(line, STR(RECEIPT_HEAD)) || !take_line(&rest, &line))
        return CHECKPOINT_E_SYNTAX;
    if (cut_word(&line, STR("extra "))) {
        p.has_extra = true;
        p.extra = line;
        r = check_extra(line);
        if (r)
            return r;
        if (!take_line(&rest, &line))
            return CHECKPOINT_E_SYNTAX;
    }
    if (!cut_word(&line, STR("index ")) || parse_decimal(line, &p.index))
        return CHECKPOINT_E_SYNTAX;
    while (take_line(&rest, &line) && line.len > 0) {
        if (p.proof.n == TREE_PROOF_MAX)
            return CHECKPOINT_E_SYNTAX;
        if ((r = parse_digest(line, &p.proof.at[p.proof.n])))
            return r;
        p.proof.n++;
    }
    if (!rest.at || line.len > 0 || rest.len == 0)
        return CHECKPOINT_E_SYNTAX;
    p.checkpoint = rest;
    *ret_receipt = p;
    return 0;
}

int receipt_verify(const struct receipt *receipt, const struct digest *leaf_hash,
                   const struct note_key *keys, size_t n_keys)
{
    struct checkpoint c;
    int r = checkpoint_open(receipt->checkpoint, keys, n_keys, &c, NULL);

    if (r)
        return r;
    r = tree_verify_inclusion(leaf_hash, receipt->index, c.size, receipt->proof.at, receipt->proof.n,
                              &c.root);
    return r ? CHECKPOINT_E_SIGNATURE : 0;
}
