/*
 * row.h - rows as bytes: what the digest is taken over and what is written
 *
 * A row is the number of its table and then its values, all little-endian:
 *
 *	u16 table
 *	per column  number  i64
 *	            text    u16 length, bytes
 *	            either  u8 0, i64  or  u8 1, u16 length, bytes
 *
 * Tables are numbered as they get their first row; that row is preceded by
 *
 *	u16 ROW_NAMES_TABLE, u16 table, u16 length, name
 */
#ifndef MMSIM_RECORD_ROW_H
#define MMSIM_RECORD_ROW_H

#include <string.h>
#include "sim/base/mem.h"

#define ROW_NAMES_TABLE 0xffff

/* Bytes that wait to be written. */
struct row_buffer {
	uint8_t *bytes; /* owned */
	size_t len, cap;
};

static inline uint8_t *row_room(struct row_buffer *b, size_t bytes)
{
	if (__builtin_expect(b->len + bytes > b->cap, 0)) {
		b->cap = b->cap * 2 + bytes;
		b->bytes = sim_realloc(b->bytes, b->cap);
	}

	uint8_t *p = b->bytes + b->len;

	b->len += bytes;
	return p;
}

static inline void row_put_u16(struct row_buffer *b, size_t v)
{
	uint8_t *p = row_room(b, 2);

	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void row_put_i64(struct row_buffer *b, int64_t value)
{
	uint8_t *p = row_room(b, 8);
	uint64_t v = (uint64_t)value;

	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Longer texts are cut; names and values are far shorter. */
static inline void row_put_text(struct row_buffer *b, const char *text)
{
	size_t len = strnlen(text, UINT16_MAX);

	row_put_u16(b, len);
	memcpy(row_room(b, len), text, len);
}

static inline void row_put_byte(struct row_buffer *b, uint8_t v)
{
	*row_room(b, 1) = v;
}

static inline size_t row_get_u16(const uint8_t **p)
{
	size_t v = (size_t)((*p)[0] | (*p)[1] << 8);

	*p += 2;
	return v;
}

static inline int64_t row_get_i64(const uint8_t **p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)(*p)[i] << (8 * i);
	*p += 8;
	return (int64_t)v;
}
#endif
