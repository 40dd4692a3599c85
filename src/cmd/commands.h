/* The table of commands (commands.c); each command stands in the file of its name. */
#pragma once

#include "cmd/command.h"

extern const struct command cmd_serve, cmd_web, cmd_demo, cmd_init, cmd_keeper, cmd_backup, cmd_restore;
extern const struct command cmd_ledger_verify, cmd_ledger_checkpoint, cmd_ledger_prove, cmd_ledger_export;
extern const struct command cmd_force_import, cmd_force_export, cmd_force_plan;
extern const struct command cmd_takeover_check, cmd_takeover_propose;
extern const struct command cmd_account_code;
extern const struct command cmd_devices_require;
extern const struct command cmd_mail_set, cmd_mail_show, cmd_mail_test, cmd_mail_check, cmd_courier, cmd_fetcher, cmd_file_examiner, cmd_document_reader;
extern const struct command cmd_intel_extract, cmd_intel_value, cmd_intel_check, cmd_intel_evaluate, cmd_intel_import, cmd_intel_poll, cmd_intel_find, cmd_intel_related, cmd_intel_export, cmd_intel_sight, cmd_intel_withdraw, cmd_intel_compile, cmd_intel_set, cmd_intel_delta, cmd_intel_merge, cmd_intel_convert, cmd_match;
extern const struct command cmd_secrets_compare;
extern const struct command cmd_mail_gate, cmd_mail_log, cmd_examine, cmd_examiner, cmd_release_preview;
extern const struct command cmd_seal, cmd_unseal, cmd_seal_key, cmd_clean, cmd_wipe;
extern const struct command cmd_media_collect, cmd_media_quarantine, cmd_media_serials, cmd_media_enrol, cmd_media_serve, cmd_media_watch, cmd_media_export, cmd_media_import, cmd_media_wipe;
extern const struct command cmd_pack_propose, cmd_pack_scenarios, cmd_pack_list;
extern const struct command cmd_regulation_check, cmd_regulation_test, cmd_regulation_coverage, cmd_regulation_diff,
    cmd_regulation_explain, cmd_regulation_mutate, cmd_regulation_text, cmd_regulation_schema;

/* In the order of the help text. */
extern const struct command *const commands[];
extern const size_t commands_n;
