/* `tsujiban media serials`: serial numbers of media that are registered and not gone, for the rule that lets in nothing else (packaging/udev); with
 * vendor and product, a tab before each, where the gate has measured them. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"

#include <stdio.h>
#include <string.h>

/* Whoever sees less of the register would shut out media: the list is one person's sight. */
static int print_page(struct gate *g, struct list_query *q, unsigned *ret_pages)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
    struct list_rows rows;

    if (!arena || engine_list_rows(g->engine, g->person.at, q, arena, &rows))
        return command_fail(MSG_FAIL_REGISTER_READ);
    for (size_t i = 0; i < rows.n; i++) {
        const char *serial = json_str(rows.at[i].values, "serial"), *vendor = json_str(rows.at[i].values, "vendor"),
                   *product = json_str(rows.at[i].values, "product");

        if (rows.at[i].is_disposed || !*serial || strpbrk(serial, "\n\t"))
            continue;
        if (*vendor || *product)
            printf("%s\t%s\t%s\n", serial, vendor, product);
        else
            printf("%s\n", serial);
    }
    *ret_pages = rows.pages;
    list_rows_done(&rows);
    return 0;
}

static int run_serials(const struct arguments *args)
{
    static const char *const fields[] = {"serial", "vendor", "product"};
    struct list_query q = {.reg = GATE_MEDIA,
                           .state = LIST_UNFINISHED,
                           .field = "",
                           .key = "",
                           .sort = "id",
                           .fields = fields,
                           .n_fields = ARRAY_LEN(fields),
                           .page_size = 200};
    struct gate g = {0};
    unsigned pages = 1;
    int r = gate_enter(args, &g);

    if (!r && !engine_reg(g.engine, GATE_MEDIA))
        r = command_fail(MSG_FAIL_NO_MEDIA);
    for (q.page = 1; !r && q.page <= pages; q.page++)
        r = print_page(&g, &q, &pages);
    gate_close(&g);
    return r;
}

static const struct option_row serials_options[] = {GATE_WHO_OPTIONS};
const struct command cmd_media_serials = {
    "media serials",
    "",
    MSG_HELP_MEDIA_SERIALS,
    serials_options,
    ARRAY_LEN(serials_options),
    0,
    0,
    run_serials,
    false};
