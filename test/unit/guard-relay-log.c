/* Lines of a relay's log: what became of a message for whom, and no line that reads as if it did. */
#include "guard/relay-log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "Nov 29 23:39:21 mx postfix/smtp[123]: 4ABCDEF: "
#define MIDDLE ", relay=mx.example.com[192.0.2.5]:25, delay=0.5, delays=0.1/0/0.2/0.2, "

static void reads(const char *line, enum relay_outcome outcome, const char *address,
                  const char *code)
{
    struct relay_line l;

    assert_int_equal(relay_line_read(str_of(line), &l), 0);
    assert_int_equal(l.outcome, outcome);
    assert_true(str_eq(l.id, STR("4ABCDEF")));
    assert_true(str_eq(l.address, str_of(address)));
    assert_true(str_eq(l.code, str_of(code)));
}

static void says_nothing(const char *line)
{
    struct relay_line l;

    assert_int_equal(relay_line_read(str_of(line), &l), RELAY_E_OTHER);
}

static void test_outcomes(void **state)
{
    reads(HEAD "to=<x@example.com>" MIDDLE "dsn=2.0.0, status=sent (250 2.0.0 Ok)", RELAY_DELIVERED,
          "x@example.com", "2.0.0");
    reads(HEAD "to=<x@example.com>" MIDDLE "dsn=4.4.1, status=deferred (refused)", RELAY_DEFERRED,
          "x@example.com", "4.4.1");
    reads(HEAD "to=<x@example.com>" MIDDLE "dsn=5.1.10, status=bounced (none, status=sent (250))",
          RELAY_BOUNCED, "x@example.com", "5.1.10");
    reads(HEAD "to=<w@example.com>, orig_to=<all@example.jp>" MIDDLE "dsn=2.0.0, status=sent (ok)",
          RELAY_DELIVERED, "all@example.jp", "2.0.0");
    reads(HEAD "from=<k@example.jp>, status=expired, returned to sender", RELAY_EXPIRED, "", "");
    reads("2026-11-29T23:39:21.5+09:00 mx postfix-out/qmgr[1]: 4ABCDEF: removed", RELAY_REMOVED, "",
          "");
}

static void test_others(void **state)
{
    says_nothing("");
    says_nothing(HEAD);
    says_nothing(HEAD "client=mx[192.0.2.1], sasl_username=person-k");
    says_nothing(HEAD "to=<x@example.com>" MIDDLE "status=sent (ok)"); /* no code */
    says_nothing(HEAD "to=<x@example.com>" MIDDLE "dsn=7.0.0, status=sent (ok)");
    says_nothing(HEAD "to=<x@example.com>" MIDDLE
                      "dsn=2.0.0, status=deliverable (ok)"); /* a question of Postfix itself */
    says_nothing(HEAD "to=<>" MIDDLE "dsn=2.0.0, status=sent (ok)");
    says_nothing("Nov 29 23:39:21 mx sshd[123]: 4ABCDEF: removed");
    says_nothing("Nov 29 23:39:21 mx postfix/qmgr[1]: 4AB: removed");
    says_nothing("Nov 29 23:39:21 mx postfix/qmgr[1]: NOQUEUE?: removed");
    /* an address that reads as a status */
    says_nothing(HEAD "to=<\"a>, dsn=2.0.0, status=sent (b\"@example.com>" MIDDLE
                      "dsn=5.0.0, status=bounced (no)");
    says_nothing(HEAD "to=<a b@example.com>" MIDDLE "dsn=2.0.0, status=sent (ok)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcomes),
                                       cmocka_unit_test(test_others)};

    return cmocka_run_group_tests_name("guard-relay-log", tests, NULL, NULL);
}
