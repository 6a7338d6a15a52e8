/*
 * protobuf.c - messages of Protocol Buffers, written field by field
 *
 * A field is its number and its wire type in one varint, then a varint (type 0), or a length and
 * so many bytes (type 2).  A varint has seven bits a byte, the lowest first; the top bit says that
 * there are more.
 */
#include <string.h>

#include "sim/cli/protobuf.h"

enum {
	WIRE_VARINT = 0,
	WIRE_BYTES = 2,
};

static void add_varint(struct str *out, uint64_t v)
{
	char bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (char)(v | 0x80);
	bytes[n++] = (char)v;
	str_addn(out, bytes, n);
}

static void add_bytes(struct str *out, unsigned field, const char *bytes, size_t len)
{
	add_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
	add_varint(out, len);
	str_addn(out, bytes, len);
}

void pb_number(struct str *message, unsigned field, uint64_t v)
{
	add_varint(message, (uint64_t)field << 3 | WIRE_VARINT);
	add_varint(message, v);
}

void pb_text(struct str *message, unsigned field, const char *text)
{
	add_bytes(message, field, text, strlen(text));
}

void pb_message(struct str *message, unsigned field, struct str *inner)
{
	add_bytes(message, field, str_get(inner), inner->len);
	str_reset(inner);
}
