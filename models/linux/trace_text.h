/*
 * trace_text.h - tracepoints in the words of the kernel's trace file
 *
 * Like:        Linux 6.1, include/trace/events: the text of each event; kernel/trace/blktrace.c:
 *              the letters of an operation (blk_fill_rwbs)
 * Simplified:  addresses of struct page are those of a kernel without KASLR that prints pointers
 *              as they are (nokaslr no_hash_pointers); mm and shrinkers are known by number;
 *              inodes have the numbers of the scenario's files; disks are 8:0, 8:16, ...
 */
#ifndef MMSIM_LINUX_TRACE_TEXT_H
#define MMSIM_LINUX_TRACE_TEXT_H

#include "sim/sim.h"

enum {
#define TEXT(name, format, gap) TRACE_TEXT_##name,
#include "models/linux/trace_text.def"
#undef TEXT
	NR_LINUX_TRACE_TEXTS,
	NR_LINUX_TRACE_VALUES = 37,
};

extern const struct trace_text linux_trace_texts[NR_LINUX_TRACE_TEXTS];
extern const struct trace_value linux_trace_values[NR_LINUX_TRACE_VALUES];
#endif
