/* The schema, as the steps that made it. A new store runs them all; an older one runs those it lacks, all in one
 * transaction (S8). So the columns of a table have the same order in every store, however old.
 *
 * Never change a step that was released: add one. A step must work on rows that are there already.
 *
 * Types, one text for both databases (S1):
 *   BIGINT    64-bit signed.
 *   BYTETEXT  UTF-8, compared and sorted bytewise. For SQLite the name means TEXT; for PostgreSQL it is a domain over
 *             text with COLLATE "C", so that order does not hang on the server's locale or the C library's release.
 *   BLOB      for PostgreSQL a domain over bytea.
 * Columns are NOT NULL with a default unless their comment says that NULL means something.
 * Units: _us microseconds since 1970-01-01T00:00:00Z; _day days since 1970-01-01, local. */
#include "base/tell.h"
#include "store/driver.h"
#include <errno.h>
#include <stdio.h>

static const char *const step_1[] = {
    "CREATE TABLE meta ("
    " key BYTETEXT NOT NULL PRIMARY KEY,"    /* schema, head, and the settings of the installation */
    " value BYTETEXT NOT NULL DEFAULT '')",  /* as text; the row `head` is the write lock on PostgreSQL */

    "CREATE TABLE head ("
    " shard BIGINT NOT NULL PRIMARY KEY,"    /* calendar year, local */
    " origin BYTETEXT NOT NULL DEFAULT '',"  /* name of the log, first line of its checkpoints */
    " size BIGINT NOT NULL DEFAULT 0,"       /* entries */
    " frontier BLOB NOT NULL,"               /* hashes of the full subtrees on the right edge, 32 bytes each */
    " root BLOB NOT NULL,"                   /* tree hash at this size, 32 bytes */
    " last_us BIGINT NOT NULL DEFAULT 0)",   /* instant of the last entry; later ones are never before it */

    "CREATE TABLE entry ("
    " shard BIGINT NOT NULL,"                /* calendar year */
    " seq BIGINT NOT NULL,"                  /* from 0, without a gap */
    " t_us BIGINT NOT NULL DEFAULT 0,"       /* instant of the entry */
    " leaf BLOB NOT NULL,"                   /* the canonical bytes that are hashed */
    " hash BLOB NOT NULL,"                   /* leaf hash, 32 bytes */
    " PRIMARY KEY (shard, seq))",

    "CREATE TABLE tile ("
    " shard BIGINT NOT NULL,"                /* calendar year */
    " level BIGINT NOT NULL,"                /* 0 holds leaf hashes */
    " n BIGINT NOT NULL,"                    /* from 0 on its level; full tiles only */
    " hashes BLOB NOT NULL,"                 /* 256 hashes, 8,192 bytes */
    " PRIMARY KEY (shard, level, n))",

    "CREATE TABLE checkpoint ("
    " shard BIGINT NOT NULL,"                /* calendar year */
    " size BIGINT NOT NULL,"                 /* entries it covers */
    " note BYTETEXT NOT NULL DEFAULT '',"    /* the signed note, with cosignatures */
    " PRIMARY KEY (shard, size))",

    "CREATE TABLE record ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"     /* unique over all registers */
    " register BYTETEXT NOT NULL DEFAULT '',"/* name in the pack */
    " state BYTETEXT NOT NULL DEFAULT '',"   /* name in the pack */
    " version BIGINT NOT NULL DEFAULT 0,"    /* from 1, one more with each act; what a decision read is checked by it */
    " audience BIGINT NOT NULL DEFAULT 0,"   /* audience.id */
    " unit BYTETEXT NOT NULL DEFAULT '',"    /* unit.id that keeps the record; '' for the whole force */
    " pack BYTETEXT NOT NULL DEFAULT '',"    /* pack.hash in force at its last act */
    " opened_us BIGINT NOT NULL DEFAULT 0,"  /* instant of the first act */
    " changed_us BIGINT NOT NULL DEFAULT 0," /* instant of the last act */
    " completed_day BIGINT,"                 /* day from which retention counts; NULL while open */
    " keep_until_day BIGINT,"                /* last day of retention; NULL while open */
    " disposed_us BIGINT,"                   /* instant of disposal; NULL while kept */
    " body BYTETEXT NOT NULL DEFAULT '')",   /* canonical JSON without personal values */
    "CREATE INDEX record_by_change ON record(register, audience, changed_us, id)",
    "CREATE INDEX record_by_state ON record(register, state)",

    "CREATE TABLE personal ("
    " record BYTETEXT NOT NULL,"             /* record.id */
    " field BYTETEXT NOT NULL,"              /* name in the register */
    " sealed BLOB NOT NULL,"                 /* value with its salt under the record's key */
    " PRIMARY KEY (record, field))",

    "CREATE TABLE index_row ("
    " register BYTETEXT NOT NULL,"           /* name in the pack */
    " field BYTETEXT NOT NULL,"              /* name in the register */
    " key BYTETEXT NOT NULL,"                /* normalised value, not personal */
    " record BYTETEXT NOT NULL,"             /* record.id */
    " audience BIGINT NOT NULL DEFAULT 0,"   /* audience.id of the record, so that counts need no second look */
    " PRIMARY KEY (register, field, key, record))",
    "CREATE INDEX index_row_by_record ON index_row(record)",

    "CREATE TABLE history ("
    " record BYTETEXT NOT NULL,"             /* record.id */
    " version BIGINT NOT NULL,"              /* record.version that the act made */
    " shard BIGINT NOT NULL DEFAULT 0,"      /* the ledger entry: shard and seq */
    " seq BIGINT NOT NULL DEFAULT 0,"
    " t_us BIGINT NOT NULL DEFAULT 0,"       /* instant of the entry */
    " act BYTETEXT NOT NULL DEFAULT '',"     /* name in the register */
    " actor BYTETEXT NOT NULL DEFAULT '',"   /* person.id; '' for the clock */
    " post BYTETEXT NOT NULL DEFAULT '',"    /* post.id acted in */
    " from_state BYTETEXT NOT NULL DEFAULT '',"
    " to_state BYTETEXT NOT NULL DEFAULT '',"
    " note BYTETEXT NOT NULL DEFAULT '',"    /* canonical JSON: what the act said, without personal values */
    " PRIMARY KEY (record, version))",

    "CREATE TABLE lock_row ("
    " record BYTETEXT NOT NULL,"             /* record.id that is locked */
    " name BYTETEXT NOT NULL,"               /* name of the lock in the pack */
    " source BYTETEXT NOT NULL,"             /* record.id or obligation that holds it */
    " since_us BIGINT NOT NULL DEFAULT 0,"   /* instant it was set */
    " why BYTETEXT NOT NULL DEFAULT '',"     /* words for people */
    " clauses BYTETEXT NOT NULL DEFAULT ''," /* clause ids, space between */
    " PRIMARY KEY (record, name, source))",

    "CREATE TABLE timer ("
    " record BYTETEXT NOT NULL,"             /* record.id, or '' for the force's own */
    " obligation BYTETEXT NOT NULL,"         /* name in the pack */
    " part BYTETEXT NOT NULL DEFAULT '',"    /* reminder, deadline, escalation …, or the month */
    " due_us BIGINT NOT NULL DEFAULT 0,"     /* instant it fires */
    " nth BIGINT NOT NULL DEFAULT 0,"        /* how many times it fired before */
    " PRIMARY KEY (record, obligation, part))",
    "CREATE INDEX timer_by_due ON timer(due_us)",

    "CREATE TABLE waiting ("
    " record BYTETEXT NOT NULL,"             /* record.id */
    " step BYTETEXT NOT NULL,"               /* act that is waited for */
    " role BYTETEXT NOT NULL,"               /* role that may do it */
    " unit BYTETEXT NOT NULL DEFAULT '',"    /* unit.id whose role it is */
    " since_us BIGINT NOT NULL DEFAULT 0,"   /* instant it began to wait */
    " audience BIGINT NOT NULL DEFAULT 0,"   /* audience.id of the record */
    " due_us BIGINT,"                        /* instant it should be done by; NULL for none */
    " PRIMARY KEY (record, step, role, unit))",
    "CREATE INDEX waiting_by_role ON waiting(role, unit)",

    "CREATE TABLE notice ("
    " shard BIGINT NOT NULL,"                /* the ledger entry that told: shard and seq */
    " seq BIGINT NOT NULL,"
    " n BIGINT NOT NULL,"                    /* from 0 within the entry */
    " t_us BIGINT NOT NULL DEFAULT 0,"       /* instant of the entry */
    " person BYTETEXT NOT NULL DEFAULT '',"  /* person.id told */
    " record BYTETEXT NOT NULL DEFAULT '',"  /* record.id it is about */
    " kind BYTETEXT NOT NULL DEFAULT '',"    /* message of the pack */
    " urgent BIGINT NOT NULL DEFAULT 0,"     /* 1: shown first */
    " params BYTETEXT NOT NULL DEFAULT '',"  /* canonical JSON for the message */
    " read_us BIGINT,"                       /* instant it was read; NULL: not yet */
    " PRIMARY KEY (shard, seq, n))",
    "CREATE INDEX notice_by_person ON notice(person, t_us)",

    "CREATE TABLE counter ("
    " name BYTETEXT NOT NULL PRIMARY KEY,"   /* series of numbers, or generation of a register and key */
    " n BIGINT NOT NULL DEFAULT 0)",         /* last number given */

    "CREATE TABLE audience ("
    " id BIGINT NOT NULL PRIMARY KEY,"       /* from 1 */
    " body BYTETEXT NOT NULL UNIQUE)",       /* canonical JSON: label, restrictions, readable range */

    "CREATE TABLE pack ("
    " hash BYTETEXT NOT NULL PRIMARY KEY,"   /* SHA-256 of the canonical form, hex */
    " id BYTETEXT NOT NULL DEFAULT '',"      /* name of the pack */
    " from_day BIGINT NOT NULL DEFAULT 0,"   /* first day in force */
    " to_day BIGINT,"                        /* last day in force; NULL: no end */
    " canonical BYTETEXT NOT NULL DEFAULT '',"/* the whole pack */
    " proposed_us BIGINT NOT NULL DEFAULT 0,"
    " proposed_by BYTETEXT NOT NULL DEFAULT '',"/* person.id */
    " adopted_us BIGINT,"                    /* NULL: proposed only */
    " adopted_by BYTETEXT NOT NULL DEFAULT '')",/* person.id, another than proposed_by */

    "CREATE TABLE clause_text ("
    " pack BYTETEXT NOT NULL,"               /* pack.id */
    " clause BYTETEXT NOT NULL,"             /* clause id */
    " text BYTETEXT NOT NULL DEFAULT '',"    /* official wording, from the force's own copy */
    " source_digest BYTETEXT NOT NULL DEFAULT '',"/* SHA-256 of the file it came from, hex */
    " PRIMARY KEY (pack, clause))",

    "CREATE TABLE unit ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"
    " parent BYTETEXT NOT NULL DEFAULT '',"  /* unit.id; '' for the root */
    " name_ja BYTETEXT NOT NULL DEFAULT '',"
    " name_en BYTETEXT NOT NULL DEFAULT '',"
    " kinds BYTETEXT NOT NULL DEFAULT '',"   /* semicolons between */
    " from_day BIGINT,"                      /* first day; NULL: always was */
    " to_day BIGINT)",                       /* last day; NULL: no end */

    "CREATE TABLE rank ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"
    " level BIGINT NOT NULL DEFAULT 0,"      /* higher commands lower; equal across services means equivalent */
    " name_ja BYTETEXT NOT NULL DEFAULT '',"
    " name_en BYTETEXT NOT NULL DEFAULT '',"
    " service BYTETEXT NOT NULL DEFAULT '')",/* police or civilian */

    "CREATE TABLE post ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"
    " name_ja BYTETEXT NOT NULL DEFAULT '',"
    " name_en BYTETEXT NOT NULL DEFAULT '',"
    " is_head BIGINT NOT NULL DEFAULT 0,"    /* 1: heads its unit */
    " kinds BYTETEXT NOT NULL DEFAULT '')",  /* semicolons between */

    "CREATE TABLE person ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"     /* staff number */
    " name BYTETEXT NOT NULL DEFAULT '',"    /* as typed, NFC */
    " kana BYTETEXT NOT NULL DEFAULT '',"
    " name_en BYTETEXT NOT NULL DEFAULT '',"
    " rank BYTETEXT NOT NULL DEFAULT '',"    /* rank.id */
    " from_day BIGINT,"                      /* first day of service; NULL: always was */
    " to_day BIGINT)",                       /* last day; NULL: no end */

    "CREATE TABLE appointment ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"
    " person BYTETEXT NOT NULL DEFAULT '',"  /* person.id */
    " post BYTETEXT NOT NULL DEFAULT '',"    /* post.id */
    " unit BYTETEXT NOT NULL DEFAULT '',"    /* unit.id */
    " kind BYTETEXT NOT NULL DEFAULT '',"    /* regular, concurrent, acting */
    " from_day BIGINT NOT NULL DEFAULT 0,"   /* first day */
    " to_day BIGINT)",                       /* last day; NULL: no end */

    "CREATE TABLE delegation ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"
    " kind BYTETEXT NOT NULL DEFAULT '',"    /* senketsu (standing) or daiketsu (in absence) */
    " role BYTETEXT NOT NULL DEFAULT '',"    /* role that is delegated */
    " unit BYTETEXT NOT NULL DEFAULT '',"    /* unit.id it is delegated for */
    " delegate_post BYTETEXT NOT NULL DEFAULT '',"/* post.id */
    " delegate_unit BYTETEXT NOT NULL DEFAULT '',"/* unit.id */
    " acts BYTETEXT NOT NULL DEFAULT '',"    /* acts it covers, semicolons between; '' for all */
    " from_day BIGINT NOT NULL DEFAULT 0,"   /* first day */
    " to_day BIGINT)",                       /* last day; NULL: no end */

    "CREATE TABLE roster ("
    " day BIGINT NOT NULL DEFAULT 0,"        /* local day the duty begins */
    " unit BYTETEXT NOT NULL,"               /* unit.id */
    " duty BYTETEXT NOT NULL,"               /* name of the duty */
    " person BYTETEXT NOT NULL DEFAULT '',"  /* person.id */
    " from_us BIGINT NOT NULL,"              /* start, included */
    " to_us BIGINT NOT NULL DEFAULT 0,"      /* end, excluded */
    " PRIMARY KEY (unit, duty, from_us))",

    "CREATE TABLE holiday ("
    " day BIGINT NOT NULL PRIMARY KEY,"
    " name_ja BYTETEXT NOT NULL DEFAULT '')",

    "CREATE TABLE account ("
    " login BYTETEXT NOT NULL PRIMARY KEY,"
    " person BYTETEXT NOT NULL DEFAULT '',"  /* person.id */
    " password BYTETEXT NOT NULL DEFAULT '',"/* Argon2id in its encoded form; '' while none is set */
    " state BYTETEXT NOT NULL DEFAULT '',"   /* see src/force */
    " rights BYTETEXT NOT NULL DEFAULT '',"  /* administrator, auditor; semicolons between */
    " failures BIGINT NOT NULL DEFAULT 0,"   /* wrong passwords since the last right one */
    " wait_until_us BIGINT NOT NULL DEFAULT 0,"/* no attempt before this instant */
    " changed_us BIGINT NOT NULL DEFAULT 0)",/* instant of the last change of password, state or rights */
    "CREATE INDEX account_by_person ON account(person)",

    "CREATE TABLE session ("
    " token BLOB NOT NULL PRIMARY KEY,"      /* SHA-256 of the cookie, 32 bytes */
    " login BYTETEXT NOT NULL DEFAULT '',"   /* account.login */
    " csrf BYTETEXT NOT NULL DEFAULT '',"    /* token in every form of the session */
    " opened_us BIGINT NOT NULL DEFAULT 0,"
    " seen_us BIGINT NOT NULL DEFAULT 0,"    /* last request; it may lag by a minute */
    " locked BIGINT NOT NULL DEFAULT 0)",    /* 1: idle lock, password needed again */
    "CREATE INDEX session_by_login ON session(login)",

    "CREATE TABLE reset ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"
    " login BYTETEXT NOT NULL DEFAULT '',"   /* account.login that lost its password */
    " proposed_by BYTETEXT NOT NULL DEFAULT '',"/* person.id */
    " proposed_us BIGINT NOT NULL DEFAULT 0,"
    " approved_by BYTETEXT NOT NULL DEFAULT '',"/* person.id, another than proposed_by; '' while open */
    " approved_us BIGINT NOT NULL DEFAULT 0,"/* 0 while open */
    " code_hash BLOB NOT NULL,"              /* SHA-256 of the one-time code; empty while open */
    " used_us BIGINT)",                      /* instant the code was used; NULL: not yet */

    "INSERT INTO meta(key, value) VALUES ('head', '')",
    NULL,
};

/* An answer that got lost on its way is asked for again under the same token, and found here instead of being acted on
 * twice. And the daily look for records that were kept long enough gets its index. */
static const char *const step_2[] = {
    "CREATE TABLE receipt ("
    " token BYTETEXT NOT NULL PRIMARY KEY,"  /* given to the act by whoever sent it */
    " shard BIGINT NOT NULL DEFAULT 0,"      /* the ledger entry it became: shard and seq */
    " seq BIGINT NOT NULL DEFAULT 0,"
    " t_us BIGINT NOT NULL DEFAULT 0,"       /* instant of the entry; old receipts are dropped by it */
    " answer BYTETEXT NOT NULL DEFAULT '')", /* canonical JSON, as it was sent back */
    "CREATE INDEX receipt_by_time ON receipt(t_us)",
    "CREATE INDEX record_by_retention ON record(keep_until_day, id)",
    NULL,
};

/* What daily use keeps besides records: who may be mailed and what waits to be, tokens of programs, planned transfers,
 * tables that wait to be taken over, and the rows that the search looks through. */
static const char *const step_3[] = {
    "CREATE TABLE tally ("
    " register BYTETEXT NOT NULL,"           /* of the records counted: all of the same register, audience and state */
    " audience BIGINT NOT NULL,"
    " state BYTETEXT NOT NULL,"
    " n BIGINT NOT NULL DEFAULT 0,"          /* how many there are */
    " PRIMARY KEY (register, audience, state))",
    "INSERT INTO tally(register, audience, state, n) SELECT register, audience, state, COUNT(*) FROM record"
    " GROUP BY register, audience, state",
    "CREATE INDEX record_by_state_change ON record(register, audience, state, changed_us, id)",
    "CREATE INDEX record_by_opening ON record(register, audience, opened_us, id)",
    "CREATE INDEX record_by_number ON record(register, audience, id)",
    "CREATE INDEX record_disposed ON record(id) WHERE disposed_us IS NOT NULL",
    "CREATE INDEX record_kept ON record(keep_until_day, register, audience) WHERE disposed_us IS NULL"
    " AND keep_until_day IS NOT NULL",

    "CREATE TABLE contact ("
    " person BYTETEXT NOT NULL PRIMARY KEY," /* person.id */
    " mail BYTETEXT NOT NULL DEFAULT '',"    /* address; '' none */
    " language BYTETEXT NOT NULL DEFAULT 'ja',"/* ja or en */
    " digest_minute BIGINT NOT NULL DEFAULT 510,"/* minute of the local day at which the daily digest goes */
    " urgent BIGINT NOT NULL DEFAULT 1,"     /* 1: urgent notices are mailed at once */
    " changed_us BIGINT NOT NULL DEFAULT 0,"
    " digest_us BIGINT NOT NULL DEFAULT 0)", /* instant up to which notices were gathered for a digest */
    "CREATE INDEX contact_by_minute ON contact(digest_minute, person)",
    "CREATE INDEX notice_unread ON notice(person, t_us) WHERE read_us IS NULL",

    "CREATE TABLE outbox ("
    " id BIGINT NOT NULL PRIMARY KEY,"       /* from counter `outbox` */
    " channel BYTETEXT NOT NULL DEFAULT ''," /* mail */
    " person BYTETEXT NOT NULL DEFAULT '',"  /* receiver: person.id */
    " kind BYTETEXT NOT NULL DEFAULT '',"    /* urgent, digest, test */
    " state BYTETEXT NOT NULL DEFAULT '',"   /* waiting, begun, sent, failed, uncertain, dropped */
    " made_us BIGINT NOT NULL DEFAULT 0,"    /* instant it was queued, installation's time */
    " next_us BIGINT NOT NULL DEFAULT 0,"    /* real clock: not tried before; begun: uncertain from then on */
    " tries BIGINT NOT NULL DEFAULT 0,"
    " body BYTETEXT NOT NULL DEFAULT '',"    /* canonical JSON: which notices; never their text */
    " trouble BYTETEXT NOT NULL DEFAULT '',"/* what the last try met, in the server's words, cut */
    " done_us BIGINT)",                      /* real clock: when the last state was reached; NULL: not over */
    "CREATE INDEX outbox_by_next ON outbox(state, next_us, id)",
    "CREATE INDEX outbox_by_person ON outbox(person, id)",

    "CREATE TABLE token ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"     /* shown in lists and entries */
    " hash BLOB NOT NULL,"                   /* SHA-256 of the token, 32 bytes */
    " login BYTETEXT NOT NULL DEFAULT '',"   /* account.login of its owner */
    " name BYTETEXT NOT NULL DEFAULT '',"    /* what it is for, as the owner wrote */
    " scope BYTETEXT NOT NULL DEFAULT '',"   /* canonical JSON: {"may": [read, act], "registers": [ids] or absent} */
    " made_us BIGINT NOT NULL DEFAULT 0,"    /* real clock, as all instants of signing in */
    " until_us BIGINT NOT NULL DEFAULT 0,"   /* not valid from here on */
    " used_us BIGINT,"                       /* last use, may lag by a minute; NULL never */
    " ended_us BIGINT,"                      /* NULL while valid */
    " ended_by BYTETEXT NOT NULL DEFAULT '')",/* person.id */
    "CREATE INDEX token_by_login ON token(login, id)",
    "CREATE UNIQUE INDEX token_by_hash ON token(hash)",

    "CREATE TABLE plan ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"     /* PLAN-YEAR-NNNN */
    " title BYTETEXT NOT NULL DEFAULT '',"
    " state BYTETEXT NOT NULL DEFAULT '',"   /* draft, adopted, dropped */
    " from_day BIGINT NOT NULL DEFAULT 0,"   /* first day on which it changes something */
    " body BYTETEXT NOT NULL DEFAULT '',"    /* the table as CSV */
    " digest BYTETEXT NOT NULL DEFAULT '',"  /* SHA-256 of the body, hex: what is adopted */
    " made_by BYTETEXT NOT NULL DEFAULT ''," /* person.id */
    " made_us BIGINT NOT NULL DEFAULT 0,"
    " decided_by BYTETEXT NOT NULL DEFAULT '',"/* person.id, another than made_by when adopted */
    " decided_us BIGINT)",                   /* NULL while draft */

    "CREATE TABLE takeover ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"     /* TAKEOVER-YEAR-NNNN */
    " register BYTETEXT NOT NULL DEFAULT '',"
    " state BYTETEXT NOT NULL DEFAULT '',"   /* proposed, adopted, dropped */
    " n_rows BIGINT NOT NULL DEFAULT 0,"
    " body BLOB,"                            /* the table, sealed under the vault's key of this id; NULL once adopted or dropped */
    " digest BYTETEXT NOT NULL DEFAULT '',"  /* SHA-256 of the table in clear, with its salt, hex */
    " made_by BYTETEXT NOT NULL DEFAULT '',"
    " made_us BIGINT NOT NULL DEFAULT 0,"
    " decided_by BYTETEXT NOT NULL DEFAULT '',"
    " decided_us BIGINT)",

    "CREATE TABLE clause_scenario ("
    " pack BYTETEXT NOT NULL,"               /* pack.hash */
    " clause BYTETEXT NOT NULL,"             /* clause id */
    " scenario BYTETEXT NOT NULL,"           /* id of a scenario that shows the clause */
    " title_ja BYTETEXT NOT NULL DEFAULT '',"
    " title_en BYTETEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (pack, clause, scenario))",

    "CREATE TABLE search_row ("
    " no BIGINT NOT NULL PRIMARY KEY,"       /* from the instant of the last change, so that newest is largest */
    " record BYTETEXT NOT NULL UNIQUE,"      /* record.id */
    " register BYTETEXT NOT NULL DEFAULT '',"
    " audience BIGINT NOT NULL DEFAULT 0,"   /* audience.id of the record */
    " grams BYTETEXT NOT NULL DEFAULT '')",  /* keyed hashes of its bigrams, a space between, each once; the first word is
                                             * a and the audience's number */
    NULL,
};

/* How each database finds grams. SQLite: an index of words over the column, kept by statements of its own (connections run
 * no triggers). */
static const char *const step_3_sqlite[] = {
    "CREATE VIRTUAL TABLE search_fts USING fts5(grams, content='search_row', content_rowid='no', detail='none',"
    " tokenize='ascii')",
    NULL,
};
static const char *const step_3_postgres[] = {
    "CREATE INDEX search_by_gram ON search_row USING gin (string_to_array(CAST(grams AS TEXT), ' '))",
    NULL,
};

/* Lists stay as quick with a hundred thousand audiences as with one: each tally says where the first of its records can be, so that
 * only those audiences are read that a page can show; and the register's records lie in each order whoever may see them, for who
 * sees many. The order of change within an audience is that of its states. */
static const char *const step_4[] = {
    "CREATE TABLE mailbox ("                /* whose a mail address of the force is */
    " address BYTETEXT NOT NULL PRIMARY KEY," /* in small letters */
    " person BYTETEXT NOT NULL DEFAULT '',"   /* person.id; '' a unit's */
    " unit BYTETEXT NOT NULL DEFAULT '')",    /* unit.id; '' a person's */

    "CREATE TABLE session_device ("           /* at which device a session was opened; no column of session, whose rows a backup of before has counted as they were */
    " token BLOB NOT NULL PRIMARY KEY,"       /* session.token; one of a session that is over is swept */
    " certificate BYTETEXT NOT NULL)",        /* SHA-256 in hex of the one that the browser showed */

    "ALTER TABLE tally ADD COLUMN seq BIGINT NOT NULL DEFAULT 0",        /* grows with each change in the register */
    "ALTER TABLE tally ADD COLUMN changed_us BIGINT NOT NULL DEFAULT 0", /* no record of it was changed later */
    "ALTER TABLE tally ADD COLUMN opened_us BIGINT NOT NULL DEFAULT 0",  /* nor opened later */
    "ALTER TABLE tally ADD COLUMN first_id BYTETEXT NOT NULL DEFAULT ''",/* nor has a lesser number */
    "UPDATE tally SET"
    " changed_us = COALESCE((SELECT MAX(r.changed_us) FROM record r WHERE r.register = tally.register"
    " AND r.audience = tally.audience AND r.state = tally.state), 0),"
    " opened_us = COALESCE((SELECT MAX(r.opened_us) FROM record r WHERE r.register = tally.register"
    " AND r.audience = tally.audience AND r.state = tally.state), 0),"
    " first_id = COALESCE((SELECT MIN(r.id) FROM record r WHERE r.register = tally.register"
    " AND r.audience = tally.audience AND r.state = tally.state), ''),"
    " seq = 1",
    "CREATE INDEX tally_by_seq ON tally(register, seq)",
    "DROP INDEX record_by_change",
    "DROP INDEX record_by_opening",
    "DROP INDEX record_by_number",
    "CREATE INDEX record_by_opening ON record(register, audience, opened_us, id, state)",
    "CREATE INDEX record_by_number ON record(register, audience, id, state)",
    "CREATE INDEX record_walk_change ON record(register, changed_us, id, audience, state)",
    "CREATE INDEX record_walk_opening ON record(register, opened_us, id, audience, state)",
    "CREATE INDEX record_walk_number ON record(register, id, audience, state)",
    /* What is out of somebody's sight is not read for him: what waits, what was kept long enough, and what has a value, by audience. */
    "DROP INDEX waiting_by_role",
    "CREATE INDEX waiting_by_audience ON waiting(role, unit, audience, since_us, record, step)",
    "DROP INDEX record_kept",
    "CREATE INDEX record_kept ON record(register, audience, keep_until_day, id) WHERE disposed_us IS NULL AND keep_until_day IS NOT NULL",
    "CREATE INDEX index_row_by_audience ON index_row(register, field, key, audience, record)",

    /* Files that people send: what each is, while its contents lie in pieces in the third place (store/blobs.h). */
    "CREATE TABLE attachment ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"     /* 32 hexadecimal digits, random; names its pieces */
    " owner BYTETEXT NOT NULL DEFAULT '',"   /* person.id who sent it */
    " record BYTETEXT NOT NULL DEFAULT '',"  /* record.id whose act named it; '' while none has */
    " n BIGINT NOT NULL DEFAULT 0,"          /* from 1 within the record; its key in the vault is RECORD#n, before that its id's */
    " size BIGINT NOT NULL DEFAULT 0,"       /* bytes in clear */
    " state BYTETEXT NOT NULL DEFAULT '',"   /* coming, waiting, begun, or how its examination ended; gone: its key was destroyed */
    " tries BIGINT NOT NULL DEFAULT 0,"      /* of the examination */
    " next_us BIGINT NOT NULL DEFAULT 0,"    /* real clock: not examined before; begun: its examiner is given up from then on */
    " made_us BIGINT NOT NULL DEFAULT 0,"    /* real clock */
    " head BLOB NOT NULL)",                  /* name, type, digest, what was found: sealed under its key; empty when gone */
    "CREATE INDEX attachment_by_record ON attachment(record, n)",
    "CREATE INDEX attachment_by_owner ON attachment(owner, record)",
    "CREATE INDEX attachment_by_state ON attachment(state, next_us, id)",

    /* Who holds which bytes: engine/holding.h. */
    "CREATE TABLE holding ("
    " hash BYTETEXT NOT NULL,"                 /* of the SHA-256 of the bytes, keyed by the vault's *digest: hex */
    " record BYTETEXT NOT NULL DEFAULT '',"    /* record.id; '' while no act has named the attachment */
    " attachment BYTETEXT NOT NULL DEFAULT '',"/* attachment.id in which they are; '': made from the record, or said by it */
    " form BYTETEXT NOT NULL DEFAULT '',"      /* taken-in, member, cleaned, packed, sealed, written, said, said-before */
    " audience BIGINT NOT NULL DEFAULT 0,"     /* as which the bytes count; 0: the record's own */
    " PRIMARY KEY (hash, record, attachment, form))",
    "CREATE INDEX holding_by_record ON holding(record, hash)",
    "CREATE INDEX holding_by_attachment ON holding(attachment, hash)",
    /* Why somebody opened a record, as he said it: engine/reading.h. What he said is in `personal`. */
    "CREATE TABLE reading ("
    " record BYTETEXT NOT NULL," /* record.id */
    " person BYTETEXT NOT NULL," /* person.id */
    " way BYTETEXT NOT NULL,"    /* page, api */
    " t_us BIGINT NOT NULL,"     /* installation's time */
    " no_case BIGINT NOT NULL,"  /* 1: he named none */
    " PRIMARY KEY (record, t_us, person, way))",
    /* What may leave once: the tickets that acts answered (engine/ticket.h). */
    "CREATE TABLE ticket ("
    " id BYTETEXT NOT NULL PRIMARY KEY," /* hex SHA-256 of the ticket, which is kept nowhere */
    " record BYTETEXT NOT NULL,"         /* record.id whose act it was, and what that made of it */
    " version BIGINT NOT NULL,"
    " step BYTETEXT NOT NULL,"    /* its act, without the register */
    " channel BYTETEXT NOT NULL," /* the way out */
    " actor BYTETEXT NOT NULL,"   /* person.id who may use it */
    " measured BIGINT NOT NULL,"  /* the gate that asked, enum measurer */
    " bound BLOB NOT NULL," /* SHA-256 over the ticket, all of the above, until_us, contents and what it is bound to */
    " until_us BIGINT NOT NULL," /* installation's time; not used from then on */
    " shard BIGINT NOT NULL,"    /* entry of the act */
    " seq BIGINT NOT NULL,"
    " state BYTETEXT NOT NULL,"     /* open, used, done, broken */
    " changed_us BIGINT NOT NULL)", /* installation's time */
    "CREATE INDEX ticket_by_record ON ticket(record, version)",
    /* Copies of everything at once, which a second person agrees to (engine/whole-copy.h). */
    "CREATE TABLE whole_copy ("
    " id BYTETEXT NOT NULL PRIMARY KEY,"    /* COPY-2026-0001 */
    " channel BYTETEXT NOT NULL,"           /* the way out */
    " state BYTETEXT NOT NULL,"             /* asked, approved, used, ended */
    " standing BIGINT NOT NULL DEFAULT 0,"  /* 1: for any number of copies until it ends */
    " until_us BIGINT NOT NULL,"            /* installation's time; good for nothing from then on */
    " asked_by BYTETEXT NOT NULL,"          /* person.id or operator */
    " asked_us BIGINT NOT NULL,"
    " decided_by BYTETEXT NOT NULL DEFAULT ''," /* person.id who agreed, or ended it last */
    " decided_us BIGINT NOT NULL DEFAULT 0)",
    /* Threat intelligence: what of the fourth place (store/intel.h) is open, and whose it is. */
    "CREATE TABLE intel_run ("
    " run BIGINT NOT NULL PRIMARY KEY,"
    " record BYTETEXT NOT NULL,"            /* of the import */
    " collection BYTETEXT NOT NULL,"        /* record.id */
    " person BYTETEXT NOT NULL,"            /* who brings it in */
    " state BYTETEXT NOT NULL,"             /* coming, open, dropped */
    " tlp BIGINT NOT NULL,"                 /* the channel's default mark */
    " audience_1 BIGINT NOT NULL,"          /* audience.id by level of confidentiality */
    " audience_2 BIGINT NOT NULL,"
    " audience_3 BIGINT NOT NULL,"
    " begun_us BIGINT NOT NULL,"
    " decay BYTETEXT NOT NULL,"             /* how indicators in it decay (store/decay.h), as the directive said when it began */
    " opening BIGINT NOT NULL DEFAULT 0,"   /* counted through the installation, from 1; 0: not open */
    " opened_us BIGINT NOT NULL DEFAULT 0,"
    " n_objects BIGINT NOT NULL DEFAULT 0,"
    " root BYTETEXT NOT NULL DEFAULT ''," /* hex, over the digests of its segments */
    " taken_from BYTETEXT NOT NULL)",      /* record.id of whose file it was taken out of; '' none */
    "CREATE UNIQUE INDEX intel_run_record ON intel_run(record)",
    "CREATE INDEX intel_run_state ON intel_run(state, opening, run)",
    "CREATE INDEX intel_run_decay ON intel_run(state, decay)",
    /* Files that wait to be read into a run: guard/intake-courier.h. */
    "CREATE TABLE intel_intake ("
    " run BIGINT NOT NULL PRIMARY KEY,"
    " file BYTETEXT NOT NULL,"              /* attachment.id, which goes with its end */
    " format BYTETEXT NOT NULL,"            /* enum intake_format of intel/intake.h, by name */
    " state BYTETEXT NOT NULL,"             /* waiting, begun, checked, failed */
    " size BIGINT NOT NULL,"                /* bytes of the file */
    " done BIGINT NOT NULL DEFAULT 0,"      /* of which so many were read */
    " tries BIGINT NOT NULL DEFAULT 0,"
    " next_us BIGINT NOT NULL,"             /* real clock: before it nobody else begins */
    " left_out BIGINT NOT NULL DEFAULT 0,"  /* objects */
    " report BYTETEXT NOT NULL DEFAULT '')", /* JSON of intel/intake.h; of what failed {"why"} */
    "CREATE INDEX intel_intake_due ON intel_intake(state, next_us)",
    "CREATE INDEX intel_intake_file ON intel_intake(file)",
    "CREATE TABLE intel_member ("
    " collection BYTETEXT NOT NULL,"
    " audience BIGINT NOT NULL,"
    " opening BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"
    " n_objects BIGINT NOT NULL,"           /* of that audience in that run */
    " added_us BIGINT NOT NULL,"            /* date_added of the run's place 0; each place a microsecond more */
    " PRIMARY KEY (collection, audience, opening))",
    "CREATE INDEX intel_member_opening ON intel_member(collection, opening)",
    "CREATE TABLE intel_shelf ("            /* what rows of the fourth place call audience: for whom a collection's objects of that level are now */
    " shelf BIGINT NOT NULL PRIMARY KEY,"
    " collection BYTETEXT NOT NULL,"
    " level BIGINT NOT NULL,"               /* of confidentiality */
    " audience BIGINT NOT NULL,"            /* audience.id by the collection's label in force */
    " changed BIGINT NOT NULL,"             /* counted through the table, so that readers take up what is new */
    " UNIQUE (collection, level))",
    "CREATE UNIQUE INDEX intel_shelf_changed ON intel_shelf(changed)",
    "CREATE TABLE intel_removed ("          /* objects that were taken out of a collection */
    " number BIGINT NOT NULL PRIMARY KEY,"
    " shelf BIGINT NOT NULL,"
    " record BYTETEXT NOT NULL,"            /* of the removal */
    " clear_us BIGINT NOT NULL,"            /* when its bytes are cleared */
    " changed BIGINT NOT NULL)",            /* counted through the table */
    "CREATE UNIQUE INDEX intel_removed_changed ON intel_removed(changed)",
    "CREATE INDEX intel_removed_clear ON intel_removed(clear_us, number)",
    "CREATE TABLE intel_reader ("           /* who reads a collection by TAXII (engine/subscriber.h) */
    " collection BYTETEXT NOT NULL,"
    " person BYTETEXT NOT NULL,"
    " program BYTETEXT NOT NULL,"           /* the token's name, of the last one */
    " level BIGINT NOT NULL,"               /* up to which confidentiality he was given it */
    " upto BIGINT NOT NULL,"                /* the opening behind which he asked last */
    " first_us BIGINT NOT NULL,"
    " last_us BIGINT NOT NULL,"
    " PRIMARY KEY (collection, person))",
    "CREATE TABLE intel_sight ("            /* what of it came into his sight when (TX3) */
    " collection BYTETEXT NOT NULL,"
    " person BYTETEXT NOT NULL,"
    " shelf BIGINT NOT NULL,"
    " since BIGINT NOT NULL,"               /* an opening of his own; 0: it was in sight from the first poll */
    " after_opening BIGINT NOT NULL,"       /* what lies behind this place, and before `since`, stands at `since` for him */
    " after_number BIGINT NOT NULL,"
    " until_opening BIGINT NOT NULL,"       /* where he stood when it was out of sight; -1: it is in sight */
    " until_number BIGINT NOT NULL,"
    " until_under BIGINT NOT NULL,"
    " at_us BIGINT NOT NULL,"               /* date_added of the first of what stands there */
    " span BIGINT NOT NULL,"                /* microseconds that are taken by it */
    " PRIMARY KEY (collection, person, shelf, since))",
    "CREATE INDEX intel_sight_since ON intel_sight(since)",
    "CREATE TABLE intel_poll ("             /* what is fetched from other servers (keeper/poll-operation.h) */
    " channel BYTETEXT NOT NULL PRIMARY KEY," /* record.id */
    " source BYTETEXT NOT NULL,"            /* the other collection's address: of which the rest tells */
    " collection BYTETEXT NOT NULL,"        /* record.id: into which it comes */
    " state BYTETEXT NOT NULL DEFAULT 'idle'," /* idle, begun */
    " tries BIGINT NOT NULL DEFAULT 0,"     /* how often it was begun */
    " run BIGINT NOT NULL DEFAULT 0,"       /* that comes in by it; 0: nothing new has come */
    " next_us BIGINT NOT NULL DEFAULT 0,"   /* real clock: when it is due; begun: when somebody else may begin it */
    " held_us BIGINT NOT NULL DEFAULT 0,"   /* real clock: until when the other server asks to be left alone */
    " tried_us BIGINT NOT NULL DEFAULT 0,"  /* installation's time: begun last; 0: never */
    " done_us BIGINT NOT NULL DEFAULT 0,"   /* when all went well last */
    " last BYTETEXT NOT NULL DEFAULT '',"   /* date_added of the last object, as the other server wrote it */
    " goes_on BIGINT NOT NULL DEFAULT 0,"   /* 1: more was left there */
    " fails BIGINT NOT NULL DEFAULT 0,"     /* how often it went wrong since */
    " trouble BYTETEXT NOT NULL DEFAULT '',"/* why, of the last; "": it went well */
    " status BIGINT NOT NULL DEFAULT 0,"    /* of HTTP */
    " words BYTETEXT NOT NULL DEFAULT '',"  /* the other server's */
    " import BYTETEXT NOT NULL DEFAULT '',"  /* record.id: by which something came last */
    " n_came BIGINT NOT NULL DEFAULT 0,"    /* objects in it */
    " came_us BIGINT NOT NULL DEFAULT 0,"
    " n_left BIGINT NOT NULL DEFAULT 0)",   /* objects that were left out of the last poll */
    NULL,
};
static const char *const step_4_postgres[] = {
    "CREATE SCHEMA intel",
    "CREATE TABLE intel.run ("
    " run BIGINT NOT NULL PRIMARY KEY, state BIGINT NOT NULL, n_segments BIGINT NOT NULL, n_objects BIGINT NOT NULL,"
    " n_1 BIGINT NOT NULL, n_2 BIGINT NOT NULL, n_3 BIGINT NOT NULL,"
    " audience_1 BIGINT NOT NULL, audience_2 BIGINT NOT NULL, audience_3 BIGINT NOT NULL, root blob NOT NULL)",
    "CREATE TABLE intel.segment ("
    " run BIGINT NOT NULL, n BIGINT NOT NULL, n_objects BIGINT NOT NULL, n_known BIGINT NOT NULL, message blob NOT NULL, digest blob NOT NULL,"
    " PRIMARY KEY (run, n))",
    "CREATE TABLE intel.pending ("
    " run BIGINT NOT NULL, n BIGINT NOT NULL, first BIGINT NOT NULL, length BIGINT NOT NULL, packed blob NOT NULL, PRIMARY KEY (run, n))",
    "CREATE TABLE intel.object ("
    " audience BIGINT NOT NULL, run BIGINT NOT NULL, no BIGINT NOT NULL, id bytetext NOT NULL, type bytetext NOT NULL, version bytetext NOT NULL,"
    " tlp BIGINT NOT NULL, digest blob NOT NULL, sum blob NOT NULL, length BIGINT NOT NULL, packed blob NOT NULL,"
    " PRIMARY KEY (audience, run, no))",
    "CREATE INDEX object_type ON intel.object(audience, run, type, no)",
    "CREATE TABLE intel.ident ("
    " audience BIGINT NOT NULL, run BIGINT NOT NULL, id bytetext NOT NULL, version bytetext NOT NULL, number BIGINT NOT NULL, digest blob NOT NULL,"
    " PRIMARY KEY (audience, run, id, version, number))",
    "CREATE TABLE intel.value ("
    " number BIGSERIAL PRIMARY KEY, type BIGINT NOT NULL, derived BIGINT NOT NULL, bytes blob NOT NULL, UNIQUE (type, derived, bytes))",
    "CREATE TABLE intel.posting ("
    " audience BIGINT NOT NULL, run BIGINT NOT NULL, value BIGINT NOT NULL, first BIGINT NOT NULL, n BIGINT NOT NULL, block blob NOT NULL,"
    " PRIMARY KEY (audience, run, value, first))",
    "CREATE TABLE intel.ending ("
    " audience BIGINT NOT NULL, run BIGINT NOT NULL, end_us BIGINT NOT NULL, number BIGINT NOT NULL, lies BIGINT NOT NULL, told BIGINT NOT NULL,"
    " PRIMARY KEY (audience, run, end_us, number, lies, told))",
    "CREATE INDEX ending_of ON intel.ending(audience, run, number)",
    "CREATE TABLE intel.life ("
    " audience BIGINT NOT NULL, run BIGINT NOT NULL, id bytetext NOT NULL, number BIGINT NOT NULL, class BIGINT NOT NULL, from_us BIGINT NOT NULL,"
    " until_us BIGINT NOT NULL, PRIMARY KEY (id, number))",
    "CREATE TABLE intel.sighting ("
    " audience BIGINT NOT NULL, run BIGINT NOT NULL, id bytetext NOT NULL, own bytetext NOT NULL, version bytetext NOT NULL, number BIGINT NOT NULL,"
    " kind BIGINT NOT NULL, at_us BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (audience, run, id, own, version, number))",
    "CREATE INDEX sighting_of ON intel.sighting(id, at_us)",
    "CREATE INDEX sighting_kind ON intel.sighting(audience, run, kind, at_us)",
    "CREATE SCHEMA blobs",
    "CREATE TABLE blobs.piece ("
    " file bytetext NOT NULL,"
    " n BIGINT NOT NULL,"
    " sealed blob NOT NULL,"
    " PRIMARY KEY (file, n))",
    NULL,
};

static const struct schema_step steps[] = {
    {1, step_1, {NULL}},
    {2, step_2, {NULL}},
    {3, step_3, {[STORE_SQLITE] = step_3_sqlite, [STORE_POSTGRES] = step_3_postgres}},
    {4, step_4, {[STORE_POSTGRES] = step_4_postgres}},
};

const struct schema_step *schema_steps(size_t *ret_n)
{
    *ret_n = ARRAY_LEN(steps);
    return steps;
}

int64_t store_schema_number(void)
{
    return steps[ARRAY_LEN(steps) - 1].number;
}

int schema_number(struct store *s, int64_t *ret)
{
    ROWS_AUTO *rows = NULL;
    int r;

    r = STORE_ONE(s, &rows, STMT_META_GET, V_TEXT("schema"));
    if (r == STORE_E_NONE) {
        store_say(s, "the table meta has no schema number");
        return STORE_E_SCHEMA;
    }
    if (r)
        return r;
    /* The file may be a stranger's: a column of another type, too. */
    if (rows_type(rows, 0) != VALUE_TEXT) {
        store_say(s, "the schema number is no text");
        return STORE_E_SCHEMA;
    }
    r = str_to_i64(rows_str(rows, 0), 1, INT32_MAX, ret);
    if (r) {
        store_say(s, "the schema number \"%.*s\" is none", STR_ARG(rows_str(rows, 0)));
        return STORE_E_SCHEMA;
    }
    return 0;
}

static int step_run(struct store *s, int64_t number, const char *const *sql, struct diag *diag)
{
    int r;

    for (; sql && *sql; sql++) {
        r = s->driver->exec(s, *sql);
        if (r) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_SCHEMA_MADE, {"schema", INTEGER(number)}, {"why", str_of(store_message(s))});
            return r;
        }
    }
    return 0;
}

static int advance_inside(struct store *s, int64_t from, int64_t target, struct diag *diag)
{
    char number[24];
    int r;

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (steps[i].number <= from || steps[i].number > target)
            continue;
        r = step_run(s, steps[i].number, steps[i].sql, diag);
        if (!r)
            r = step_run(s, steps[i].number, steps[i].more[s->driver->kind], diag);
        if (r)
            return r;
    }
    snprintf(number, sizeof(number), "%lld", (long long)target);
    return STORE_RUN(s, STMT_META_SET, V_TEXT("schema"), V_TEXT(number));
}

int schema_make(struct store *s, int64_t target, struct diag *diag)
{
    return advance_inside(s, 0, target, diag);
}

int schema_create(struct store *s, int64_t target, struct diag *diag)
{
    int r;

    r = store_begin_by(s, CONTROL_BEGIN_CREATE);
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_NEW, {"why", str_of(store_message(s))});
        return r;
    }
    r = schema_make(s, target, diag);
    if (r) {
        store_rollback(s);
        return r;
    }
    return store_commit(s);
}

int schema_advance(struct store *s, int64_t target, struct diag *diag)
{
    int64_t from = 0;
    int r;

    r = store_begin(s);
    if (r)
        return r;
    /* Read under the lock: another node may have been quicker. */
    r = schema_number(s, &from);
    if (!r && from < target)
        r = advance_inside(s, from, target, diag);
    if (r) {
        store_rollback(s);
        return r;
    }
    return store_commit(s);
}
