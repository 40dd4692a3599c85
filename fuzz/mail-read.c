/* Any bytes as a message: a report that is read or says why not, whose texts are visible, and over which the judgement always comes to one of its three
 * words. */
#include "guard/mail-ask.h"
#include "guard/mail-judge.h"
#include "guard/mail-read.h"

#include "base/time.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    assert(utf8_is_valid(str_of(text)));
    for (const char *c = text; *c; c++)
        assert((uint8_t)*c >= 0x20 && *c != 0x7f);
}

static void check_read(const json_t *report, size_t size)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *judgement = NULL, *with = NULL, *contents = NULL, *others = NULL;
    const json_t *part;
    size_t i;

    assert(json_array_size(json_arr(report, "parts")) <= MAIL_READ_PARTS_MAX);
    check_text(json_str(report, "subject"));
    json_array_foreach (json_arr(report, "parts"), i, part) {
        check_text(json_str(part, "name"));
        check_text(json_str(part, "other_name"));
        check_text(json_str(part, "type"));
    }
    if (mail_rules_init(&rules) || mail_ask_begin(report, json_arr(report, "to"), &rules, size % 2, &with) < 0 || mail_judge(report, NULL, &rules, &judgement))
        abort();
    if (with && (mail_ask_others(report, with, NULL, &others) || mail_ask_add_others(report, false, others, with) < 0 || mail_ask_contents(with, NULL, &contents) || mail_ask_put_held(with, contents)))
        abort();
    assert(json_object_size(others) <= MAIL_READ_OTHERS_MAX);
    assert(strcmp(json_str(judgement, "verdict"), "allowed") != 0 ||
           json_array_size(json_arr(judgement, "findings")) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    JSON_AUTO *report = NULL, *reported = NULL;
    int fd;

    if (!is_ready && (crypto_start() || mail_read_prepare()))
        abort();
    is_ready = true;
    if (size > 1u << 18 || (fd = memfd_create("message", MFD_CLOEXEC)) < 0)
        return 0;
    if (write(fd, data, size) != (ssize_t)size ||
        mail_read(fd, &examine_limits_default, NULL, clock_monotonic_us() + 5 * US_PER_SECOND, &report))
        abort();
    close(fd);
    if (mail_ask_report(report, &reported))
        abort();
    assert(!strchr(json_str(reported, "mail_sender"), '@') && !strchr(json_str(reported, "mail_subject"), '@'));
    if (!strcmp(json_str(report, "verdict"), "read"))
        check_read(report, size);
    else
        assert(*json_str(report, "why"));
    return 0;
}
