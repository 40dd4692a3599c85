#include "regulation/falls.h"

#include "regulation/diff-text.h"
#include "regulation/reader.h"

#include <errno.h>
#include <stdarg.h>

#define HOW_MAX 16384u /* what is longer is cut */
#define ROLE_LINE_MAX 4096u

/* Twice over the same parts: once to count, once to write. */
struct falling {
    const struct pack *before, *after;
    struct arena *arena;
    struct fall *at; /* NULL: counted only */
    size_t n;
    int error;
};

static bool is_eased(const struct pack *p, enum easing_of of, const char *id)
{
    for (size_t i = 0; i < p->n_easings; i++)
        if (p->easings[i].of == of && strcmp(p->easings[i].id, id) == 0)
            return true;
    return false;
}

/* How one part falls, in both languages. */
struct how {
    struct buf ja, en;
};

static void how_init(struct how *h)
{
    buf_init(&h->ja, HOW_MAX);
    buf_init(&h->en, HOW_MAX);
}

static void how_done(struct how *h)
{
    buf_done(&h->ja);
    buf_done(&h->en);
}

/* The same arguments in both; the second is used up. */
PRINTF_LIKE(2, 4) PRINTF_LIKE(3, 4) static void tell(struct how *h, const char *ja, const char *en, ...)
{
    va_list args, again;

    (void)buf_add_text(&h->ja, h->ja.len == 0 ? "" : "、");
    (void)buf_add_text(&h->en, h->en.len == 0 ? "" : "; ");
    va_start(args, en);
    va_copy(again, args);
    (void)buf_vprintf(&h->ja, ja, args);
    (void)buf_vprintf(&h->en, en, again);
    va_end(again);
    va_end(args);
}

static void add(struct falling *f, enum easing_of of, const char *id, struct text2 title, const struct how *how)
{
    if (how->en.len == 0 || f->error != 0)
        return;
    if (f->at != NULL) {
        struct fall *one = &f->at[f->n];

        *one = (struct fall){.of = of, .id = id, .title = title, .is_said = is_eased(f->after, of, id)};
        one->how = (struct text2){arena_strdup(f->arena, buf_str(&how->ja)), arena_strdup(f->arena, buf_str(&how->en))};
        if (one->how.ja == NULL || one->how.en == NULL)
            f->error = -ENOMEM;
    }
    f->n++;
}

/* ---- registers ---- */

static bool has_word(const char *const *at, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(at[i], word) == 0)
            return true;
    return false;
}

static void label_falls(const struct label_def *was, const struct label_def *is, struct how *out)
{
    if (is->confidentiality < was->confidentiality)
        tell(out, "機密性%dから%dへ", "confidentiality %d, now %d", was->confidentiality, is->confidentiality);
    for (size_t i = 0; i < was->n_restrictions; i++)
        if (!has_word((const char *const *)is->restrictions, is->n_restrictions, was->restrictions[i]))
            tell(out, "取扱制限%sがなくなる", "no longer %s", was->restrictions[i]);
}

static bool names_field(const struct label_from *l, size_t axis, const char *id)
{
    for (size_t i = 0; i < l->n[axis]; i++)
        if (strcmp(l->fields[axis][i]->id, id) == 0)
            return true;
    return false;
}

static bool names_record(const struct label_from *l, const char *id)
{
    for (size_t i = 0; i < l->n_records; i++)
        if (strcmp(l->records[i]->id, id) == 0)
            return true;
    return false;
}

static const size_t guarded[] = {LABEL_CONFIDENTIALITY, LABEL_RESTRICTIONS, LABEL_RANGE};

static void fields_fall(const struct reg *was, const struct reg *is, struct how *out)
{
    for (size_t k = 0; k < ARRAY_LEN(guarded); k++) {
        const struct label_from *l = &was->label_from;

        for (size_t i = 0; i < l->n[guarded[k]]; i++)
            if (!names_field(&is->label_from, guarded[k], l->fields[guarded[k]][i]->id))
                tell(out, "%sが項目%sから決まらなくなる", "%s no longer made of %s", label_axis_name((enum label_axis)guarded[k]), l->fields[guarded[k]][i]->id);
    }
    for (size_t i = 0; i < was->label_from.n_records; i++)
        if (!names_record(&is->label_from, was->label_from.records[i]->id))
            tell(out, "項目%sの記録の分類を引き継がなくなる", "no longer joined with the label of %s", was->label_from.records[i]->id);
    for (size_t i = 0; i < is->held_as.n[LABEL_CONFIDENTIALITY]; i++)
        if (!names_field(&was->held_as, LABEL_CONFIDENTIALITY, is->held_as.fields[LABEL_CONFIDENTIALITY][i]->id))
            tell(out, "保有する内容は項目%sの機密性とみなされる", "what it holds counts as %s", is->held_as.fields[LABEL_CONFIDENTIALITY][i]->id);
}

static bool same_reader(const struct reader *x, const struct reader *y)
{
    if (x->kind != y->kind)
        return false;
    switch (x->kind) {
    case READER_ROLE:
        return strcmp(x->role->id, y->role->id) == 0 && strcmp(x->field, y->field) == 0;
    case READER_UNIT_KIND:
        return strcmp(x->unit_kind, y->unit_kind) == 0;
    case READER_PERSON:
        return strcmp(x->field, y->field) == 0;
    case READER_EVERYONE:
        return true;
    }
    return false;
}

static bool reads_already(const struct range *range, const struct reader *reader)
{
    for (size_t i = 0; i < range->n_readers; i++)
        if (range->readers[i].kind == READER_EVERYONE || same_reader(&range->readers[i], reader))
            return true;
    return false;
}

static void readers_grow(const struct range *was, const struct range *is, struct how *out)
{
    for (size_t i = 0; i < is->n_readers; i++) {
        const struct reader *r = &is->readers[i];

        if (reads_already(was, r))
            continue;
        if (r->kind == READER_EVERYONE)
            tell(out, "誰でも閲覧できる", "everyone reads");
        else if (r->kind == READER_ROLE)
            tell(out, "役割%s（%s）が閲覧できる", "role %s (%s) reads", r->role->id, r->field[0] != '\0' ? r->field : "-");
        else
            tell(out, "%sが閲覧できる", "%s reads", r->kind == READER_PERSON ? r->field : r->unit_kind);
    }
}

/* Whose a value is decides who is shown it: beside its record nobody but who sees that, too. */
static void seen_by_more(const struct field *was, const struct field *is, const char *name, struct how *out)
{
    if (was->of == NULL || (is->of != NULL && strcmp(was->of->id, is->of->id) == 0))
        return;
    if (is->of != NULL)
        tell(out, "項目%sは%sを閲覧できる者でなく%sを閲覧できる者に示される", "%s shown to who sees %s, now %s", name, was->of->id, is->of->id);
    else if (field_is_sealed(is) || is->type == FIELD_DIGEST)
        tell(out, "項目%sは記録を閲覧できる者に示され、%sを閲覧できる者に限られなくなる", "%s shown to who reads the record, no longer to those alone who see %s", name, was->of->id);
}

static void field_opens(const struct field *was, const struct field *is, const char *name, struct how *out)
{
    if ((field_is_sealed(was) || field_is_keyed(was)) && !field_is_sealed(is) && (field_is_sealed(was) || !field_is_keyed(is)))
        tell(out, "項目%sが封緘されなくなる", "%s sealed no more", name);
    seen_by_more(was, is, name, out);
    if (!was->is_plain && is->is_plain)
        tell(out, "項目%sが機密性の低いところに記されうる", "%s plain", name);
}

static const struct field *field_of_id(const struct field *fields, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].id, id) == 0)
            return &fields[i];
    return NULL;
}

static void columns_open(struct falling *f, const struct field *was, const struct field *is, struct how *out)
{
    if (was->type != FIELD_GROUP || is->type != FIELD_GROUP)
        return;
    for (size_t i = 0; i < is->n_fields; i++) {
        const struct field *old = field_of_id(was->fields, was->n_fields, is->fields[i].id);
        const char *name = arena_printf(f->arena, "%s.%s", is->id, is->fields[i].id);

        if (name == NULL)
            f->error = -ENOMEM;
        else if (old != NULL)
            field_opens(old, &is->fields[i], name, out);
    }
}

static void reading_falls(const struct reg *was, const struct reg *is, struct how *out)
{
    if (was->reads_recorded && !is->reads_recorded)
        tell(out, "閲覧が記録されなくなる", "readings are entered no more");
    if (was->reads == NULL)
        return;
    if (is->reads == NULL)
        tell(out, "閲覧の目的が問われなくなる", "who opens a record is asked no purpose");
    if (was->reads->asks_case && (is->reads == NULL || !is->reads->asks_case))
        tell(out, "閲覧に係る事件が問われなくなる", "who opens a record is asked no case");
    if (was->reads->daily != NULL && (is->reads == NULL || is->reads->daily == NULL))
        tell(out, "1日の閲覧がまとめて記録されなくなる", "what was read is entered each night no more");
}

static void files_leave(const struct reg *was, const struct reg *is, struct how *out)
{
    if (was->n_files_in > 0 && is->n_files_in == 0)
        tell(out, "ファイルがどの状態でも取り出せる", "files handed out in any state");
    for (size_t i = 0; was->n_files_in > 0 && i < is->n_files_in; i++)
        if (!has_word(was->files_in, was->n_files_in, is->files_in[i]))
            tell(out, "ファイルが状態%sで取り出せる", "files handed out in %s", is->files_in[i]);
}

static void register_falls(struct falling *f, const struct reg *was, const struct reg *is)
{
    CLEANUP(how_done) struct how how;

    how_init(&how);
    label_falls(was->label, is->label, &how);
    fields_fall(was, is, &how);
    readers_grow(was->range, is->range, &how);
    reading_falls(was, is, &how);
    files_leave(was, is, &how);
    if (was->draws_numbers && !is->draws_numbers)
        tell(&how, "番号から件数が分かるようになる", "numbers tell how many there are");
    for (size_t i = 0; i < is->n_fields; i++) {
        const struct field *old = reg_field(was, is->fields[i].id);

        if (old == NULL)
            continue;
        field_opens(old, &is->fields[i], is->fields[i].id, &how);
        columns_open(f, old, &is->fields[i], &how);
    }
    add(f, EASES_REGISTER, is->id, is->title, &how);
}

/* ---- roles and channels ---- */

static bool role_reads(const struct pack *p, const char *id)
{
    for (size_t i = 0; i < p->n_ranges; i++)
        for (size_t k = 0; k < p->ranges[i].n_readers; k++)
            if (p->ranges[i].readers[k].kind == READER_ROLE && strcmp(p->ranges[i].readers[k].role->id, id) == 0)
                return true;
    return false;
}

/* Posts that are fewer admit nobody new. */
static bool posts_within(const struct role *is, const struct role *was)
{
    for (size_t i = 0; i < is->n_posts; i++)
        if (!has_word((const char *const *)was->posts, was->n_posts, is->posts[i]))
            return false;
    return is->n_posts > 0 || was->n_posts == 0;
}

static int role_changes(const struct role *was, const struct role *is, struct how *out)
{
    CLEANUP(buf_done) struct buf before;
    CLEANUP(buf_done) struct buf after;
    struct role old = *was, now = *is;
    int r = 0;

    if (posts_within(is, was)) {
        old.n_posts = 0;
        now.n_posts = 0;
    }
    buf_init(&before, ROLE_LINE_MAX);
    buf_init(&after, ROLE_LINE_MAX);
    if ((r = diff_role_line(&old, &before)) != 0 || (r = diff_role_line(&now, &after)) != 0)
        return r;
    if (!str_eq(buf_str(&before), buf_str(&after)))
        tell(out, "これまで%s、これから%s", "%s, now %s", before.at, after.at);
    return 0;
}

static void roles_fall(struct falling *f)
{
    for (size_t i = 0; i < f->after->n_roles && f->error == 0; i++) {
        const struct role *is = &f->after->roles[i], *was = pack_role(f->before, is->id);
        CLEANUP(how_done) struct how how;

        how_init(&how);
        if (was != NULL && role_reads(f->after, is->id))
            f->error = role_changes(was, is, &how);
        add(f, EASES_ROLE, is->id, is->title, &how);
    }
}

/* Without a cap of the text's a channel carries what the program lets it. */
static void channels_fall(struct falling *f)
{
    for (size_t i = 0; i < f->before->n_channels; i++) {
        const char *id = f->before->channels[i].id;
        int was = f->before->channels[i].at_most, is = pack_channel_cap(f->after, id);
        CLEANUP(how_done) struct how how;

        how_init(&how);
        if (is == 0)
            tell(&how, "上限が機密性%dからプログラムの上限になる", "at most %d, now what the program lets it carry", was);
        else if (is > was)
            tell(&how, "上限が機密性%dから%dへ", "at most %d, now %d", was, is);
        add(f, EASES_CHANNEL, id, (struct text2){id, id}, &how);
    }
}

static void marks_fall(struct falling *f)
{
    for (int c = 1; c <= LABEL_CONFIDENTIALITY_MAX; c++) {
        const enum tlp *was = f->before->tlp.mark[c - 1], *is = f->after->tlp.mark[c - 1];
        const char *word = confidentiality_word(c);
        CLEANUP(how_done) struct how how;

        how_init(&how);
        for (int kept = 0; kept < 2; kept++)
            if (is[kept] < was[kept])
                tell(&how, kept ? "制限のあるものの表示が%sから%sへ" : "表示が%sから%sへ", kept ? "kept: marked %s, now %s" : "marked %s, now %s", tlp_name(was[kept]), tlp_name(is[kept]));
        add(f, EASES_TLP, word, (struct text2){word, word}, &how);
    }
}

/* ---- all ---- */

static void look(struct falling *f)
{
    f->n = 0;
    for (size_t i = 0; i < f->after->n_regs; i++) {
        const struct reg *was = pack_reg(f->before, f->after->regs[i].id);

        if (was != NULL)
            register_falls(f, was, &f->after->regs[i]);
    }
    roles_fall(f);
    channels_fall(f);
    marks_fall(f);
}

int pack_falls(const struct pack *before, const struct pack *after, struct arena *a, struct fall **ret, size_t *ret_n)
{
    struct falling f = {.before = before, .after = after, .arena = a};

    *ret = NULL;
    *ret_n = 0;
    look(&f);
    if (f.error != 0 || f.n == 0)
        return f.error;
    f.at = arena_alloc_n(a, f.n, sizeof(*f.at));
    if (f.at == NULL)
        return -ENOMEM;
    look(&f);
    if (f.error != 0)
        return f.error;
    *ret = f.at;
    *ret_n = f.n;
    return 0;
}
