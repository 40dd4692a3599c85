#include "intel/json-put.h"

#include "intel/jcs.h"

static void separate(struct buf *b)
{
    char last = b->len ? b->at[b->len - 1] : '{';

    if (last != '{' && last != '[' && last != ':')
        buf_add_char(b, ',');
}

void json_put_open(struct buf *b, char bracket)
{
    separate(b);
    buf_add_char(b, bracket);
}

void json_put_close(struct buf *b, char bracket)
{
    buf_add_char(b, bracket);
}

void json_put_key(struct buf *b, const char *key)
{
    separate(b);
    buf_printf(b, "\"%s\":", key);
}

void json_put_raw(struct buf *b, struct str json)
{
    separate(b);
    buf_add_str(b, json);
}

void json_put_text(struct buf *b, struct str text)
{
    separate(b);
    jcs_print_string(text, b);
}

void json_put_member(struct buf *b, const char *key, struct str text)
{
    json_put_key(b, key);
    json_put_text(b, text);
}
