#include "cmd/commands.h"

const struct command *const commands[] = {
    &cmd_serve,
    &cmd_demo,
    &cmd_init,
    &cmd_force_import,
    &cmd_force_export,
    &cmd_force_plan,
    &cmd_pack_propose,
    &cmd_pack_list,
    &cmd_account_code,
    &cmd_backup,
    &cmd_restore,
    &cmd_ledger_verify,
    &cmd_ledger_checkpoint,
    &cmd_ledger_prove,
    &cmd_ledger_export,
    &cmd_regulation_check,
    &cmd_regulation_test,
    &cmd_regulation_coverage,
    &cmd_regulation_diff,
    &cmd_regulation_explain,
    &cmd_regulation_text,
    &cmd_regulation_schema,
    &cmd_keeper,
};
const size_t commands_n = ARRAY_LEN(commands);
