#include "keeper/device-operation.h"

#include "force/account.h"
#include "regulation/model.h"

#include <stdio.h>
#include <string.h>

#define DEVICE_CLAUSE_JA "（第8：管理対象情報は、個人所有の機器では処理しない）"
#define DEVICE_CLAUSE_EN " (8: nothing is processed on privately owned devices)"

static const struct {
    const char *word, *ja, *en;
} whys[] = {
    {"no-certificate",
     "この端末は、登録された端末の証明書を示していません。機器台帳に登録された端末で使うか、その端末の属するシステムのセキュリティ責任者に登録を求めてください。",
     "This device shows no certificate of a registered device. Use one that is in the register of devices, or ask the security officer of its system to register it."},
    {"unknown",
     "この端末の証明書は、機器台帳に登録されていません。登録された端末で使うか、その端末の属するシステムのセキュリティ責任者に登録を求めてください。",
     "The certificate of this device is not in the register of devices. Use a registered one, or ask the security officer of its system to register it."},
    {"over",
     "この端末の証明書は、登録の期限を過ぎたか、取り消されたか、機器が廃棄又は返却されています。その端末の属するシステムのセキュリティ責任者に更新を求めてください。",
     "The certificate of this device is past its last day or was withdrawn, or the device is gone. Ask the security officer of its system to renew it."},
    {"other", "この画面は、別の端末でサインインしたものです。この端末でサインインし直してください。",
     "This session was opened at another device. Sign in again at this one."},
};

int device_look(struct operation_context *c, const json_t *m, const char *bound, const char **ret_why)
{
    const char *certificate = json_str(m, "certificate");
    struct device found = {.id = ""};
    int r;

    *ret_why = NULL;
    c->device[0] = '\0';
    if (!json_object_get(m, "certificate"))
        return 0;
    r = *certificate ? engine_device(c->engine, certificate, c->now_us, &found) : DEVICE_E_NONE;
    if (r < 0)
        return r;
    if (!r)
        snprintf(c->device, sizeof(c->device), "%s", found.id);
    if (!engine_devices_are_required(c->engine))
        return 0;
    if (r)
        *ret_why = !*certificate ? "no-certificate" : r == DEVICE_E_OVER ? "over" : "unknown";
    else if (bound && strcmp(bound, certificate) != 0)
        *ret_why = "other";
    return 0;
}

int device_answer(const char *why, json_t **ret_answer)
{
    char ja[1024], en[1024];

    for (size_t i = 0; i < ARRAY_LEN(whys); i++)
        if (!strcmp(whys[i].word, why)) {
            snprintf(ja, sizeof(ja), "%s%s", whys[i].ja, DEVICE_CLAUSE_JA);
            snprintf(en, sizeof(en), "%s%s", whys[i].en, DEVICE_CLAUSE_EN);
            return answer_refuse(ret_answer, "device", ja, en);
        }
    return -EIO;
}

int device_refuse(struct operation_context *c, const json_t *m, const char *why, json_t **ret_answer)
{
    const char *certificate = json_str(m, "certificate");
    JSON_AUTO *in = json_pack("{s:s}", "why", why);
    int r = in ? 0 : -ENOMEM;

    if (!r && *certificate)
        r = json_put_str(in, "certificate", certificate);
    if (!r && *c->token.id)
        r = json_put_str(in, "token", c->token.id);
    if (!r)
        r = operation_enter(c, "device", "refused", in, NULL);
    return r ? r : device_answer(why, ret_answer);
}

/* A program asks again and again: its refusal is entered as often as its use would be noted. */
static int refuse_program(struct operation_context *c, const json_t *m, const char *why, json_t **ret_answer)
{
    return c->token.is_touch_due ? device_refuse(c, m, why, ret_answer) : device_answer(why, ret_answer);
}

int device_authorize(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    bool is_program = *c->token.id != '\0';
    const char *why;
    int r = device_look(c, m, is_program ? NULL : c->session.certificate, &why);

    if (r || !why)
        return r;
    if (is_program)
        return refuse_program(c, m, why, ret_answer);
    r = device_refuse(c, m, why, ret_answer);
    return r ? r : session_end(c->store, c->cookie);
}

/* ---- the installation's setting ---- */

/* Somebody has signed in from a device in force, so that the way from browser to register is known to hold. */
static int has_one(struct operation_context *c, bool *ret)
{
    ROWS_AUTO *rows = NULL;
    struct device found;
    int r = store_errno(STORE_QUERY(c->store, &rows, STMT_SESSION_CERTIFICATES));

    *ret = false;
    while (!r && !*ret && (r = rows_next(rows)) > 0) {
        r = engine_device(c->engine, rows_text(rows, 0), c->now_us, &found);
        *ret = !r;
        r = MIN_OF(r, 0);
    }
    return MIN_OF(r, 0);
}

int op_devices_require(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    bool is_on = json_int(m, "on") != 0, has = false;
    JSON_AUTO *in = json_pack("{s:b}", "on", is_on);
    int r = in ? 0 : -ENOMEM;

    if (!r && is_on && !engine_reg_of_pages(c->engine))
        return answer_refuse(ret_answer, "none", "画面を使う端末を登録する台帳が、適用中の規程にありません。",
                             "No directive in force has a register of devices for pages.");
    if (!r && is_on && !(r = has_one(c, &has)) && !has)
        return answer_refuse(ret_answer, "not-yet",
                             "登録された端末の証明書でサインインしている者がいません。機器台帳に証明書を登録した端末で一度サインインしてから、もう一度実行してください。",
                             "Nobody is signed in with the certificate of a registered device. Sign in once at a device whose certificate is in the register, and try again.");
    if (!r)
        r = STORE_RUN(c->store, STMT_META_SET, V_TEXT(META_DEVICES), V_TEXT(is_on ? "1" : ""));
    if (!r)
        r = operation_next_generation(c);
    if (!r)
        r = operation_enter(c, "devices-require", "recorded", in, NULL);
    return r ? r : answer_done(json_object(), ret_answer);
}
