/*
 * protobuf.h - messages of Protocol Buffers, written field by field
 *
 * Like:        the wire format of Protocol Buffers: varints and fields with a length; nothing else
 *              is needed by what we write (docs/decisions/0022-own-protobuf-writer.md)
 */
#ifndef MMSIM_CLI_PROTOBUF_H
#define MMSIM_CLI_PROTOBUF_H

#include "sim/base/str.h"

/* A field of type uint64, int64, int32, bool or enum; negative numbers as their 64 bits. */
void pb_number(struct str *message, unsigned field, uint64_t v);
void pb_text(struct str *message, unsigned field, const char *text);
/* A message within a message; inner is empty afterwards and keeps its memory. */
void pb_message(struct str *message, unsigned field, struct str *inner);
#endif
