/*
 * gen_files.c - steps of a random scenario on files
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/fuzz/gen.h"

void write_stream(struct gen *g, bool write)
{
	uint64_t f = below(g, (uint64_t)g->files);
	uint64_t block = chance(g, 50) ? 4096 * scaled(g, 1, 64) : scaled(g, 1, 300000);
	uint64_t span = 0;
	unsigned pattern = (unsigned)below(g, 8);

	if (pattern >= 4 || chance(g, 20)) {
		if (g->file_size[f] < block || write || chance(g, 30))
			span = block * scaled(g, 1, 4000) + below(g, block);
	}
	printf("%s: { file: ", write ? "write" : "read");
	write_file_name(g, f);
	printf(", block: %" PRIu64, block);
	if (span)
		printf(", span: %" PRIu64, span);
	if (chance(g, 20))
		printf(", offset: %" PRIu64, g->file_size[f] && chance(g, 80)
						 ? below(g, g->file_size[f])
						 : scaled(g, 1, 1 << 24));
	switch (pattern) {
	case 4:
		printf(", pattern: reverse");
		break;
	case 5:
		printf(", pattern: stride %" PRIu64, block + scaled(g, 1, 1 << 18));
		break;
	case 6:
		printf(", pattern: random");
		break;
	case 7:
		printf(", pattern: zipf %" PRIu64 ".%" PRIu64, below(g, 4), below(g, 10));
		break;
	default:
		break;
	}
	if (chance(g, 50)) {
		uint64_t most = g->small ? 4 << 20 : 128 << 20;
		uint64_t calls = block * (g->small ? 300 : 5000);

		printf(", bytes: %" PRIu64, scaled(g, 1, calls < most ? calls : most));
	} else if (chance(g, 60))
		printf(", count: %" PRIu64, scaled(g, 1, g->small ? 100 : 2000));
	else
		printf(", for: %" PRIu64 " ms", scaled(g, 1, g->small ? 8 : g->duration_ms));
	if (chance(g, 15))
		printf(", rate: %" PRIu64 " KiB/s", scaled(g, 16, 100000));
	if (chance(g, 15))
		printf(", think: %" PRIu64 " us", scaled(g, 1, 3000));
	if (chance(g, 10))
		printf(", iops: %" PRIu64, scaled(g, 20, 20000));
	if (write && chance(g, 10))
		printf(", fsync_every: %" PRIu64, scaled(g, 1, 50));
	printf(" }");
}

void write_fadvise(struct gen *g)
{
	static const char *const advice[] = { "normal",  "sequential", "random",   "willneed",
					      "noreuse", "dontneed",   "willneed", "dontneed" };
	uint64_t f = below(g, (uint64_t)g->files);

	printf("fadvise: { file: ");
	write_file_name(g, f);
	printf(", advice: %s", one_of(g, advice, LEN(advice)));
	/* a whole device of 1 TiB would be read */
	bool long_one = g->file_size[f] > (1ULL << 30);

	if (long_one || chance(g, 40))
		printf(", offset: %" PRIu64 ", len: %" PRIu64, scaled(g, 1, 32 << 20),
		       scaled(g, 1, 16 << 20));
	printf(" }");
}

/* A byte of a file, or behind its end; often at the border of a page. */
static uint64_t some_byte(struct gen *g, uint64_t f)
{
	uint64_t size = g->file_size[f] ? g->file_size[f] : 1 << 22;
	uint64_t at = chance(g, 80) ? below(g, size) : scaled(g, 1, 1 << 24);

	return chance(g, 40) ? at & ~4095ULL : at;
}

void write_cut(struct gen *g)
{
	uint64_t f = below(g, (uint64_t)g->files), at = some_byte(g, f), n = scaled(g, 1, 1 << 21);
	uint64_t first = at >> 12;

	if (g->in_memory[f] && chance(g, 60)) {
		printf("fallocate: { file: f%" PRIu64 ", offset: %" PRIu64 ", len: %" PRIu64
		       ", keep_size: %s }",
		       f, at, n, chance(g, 50) ? "true" : "false");
		return;
	}
	/* those behind are functions of one kernel */
	switch (below(g, !knows(g, "truncate_setsize") ? 4 : g->in_memory[f] ? 7 : 10)) {
	case 0:
	case 1:
		printf("truncate: { file: f%" PRIu64 ", size: %" PRIu64 " }", f, at);
		break;
	case 2:
	case 3:
		printf("punch_hole: { file: f%" PRIu64 ", offset: %" PRIu64 ", len: %" PRIu64 " }",
		       f, at, n);
		break;
	case 4:
		printf("sync_file_range: { file: f%" PRIu64 ", offset: %" PRIu64 ", len: %" PRIu64
		       ", flags: %" PRIu64 " }",
		       f, at, n, below(g, 8));
		break;
	case 5:
		printf("invalidate_mapping_pages: { file: f%" PRIu64 ", start: %" PRIu64
		       ", end: %" PRIu64 " }",
		       f, first, first + (n >> 12));
		break;
	case 6:
		printf("invalidate_inode_pages2_range: { file: f%" PRIu64 ", start: %" PRIu64
		       ", end: %" PRIu64 " }",
		       f, first, first + (n >> 12));
		break;
	case 7:
		printf("truncate_pagecache_range: { file: f%" PRIu64 ", lstart: %" PRIu64
		       ", lend: %" PRIu64 " }",
		       f, at, at + n);
		break;
	case 8:
		printf("truncate_inode_pages: { file: f%" PRIu64 ", lstart: %" PRIu64 " }", f, at);
		break;
	default:
		if (g->raw[f]) { /* its size is the disk's */
			printf("invalidate_inode_pages2: { file: f%" PRIu64 " }", f);
			break;
		}
		printf("truncate_setsize: { file: f%" PRIu64 ", newsize: %" PRIu64 " }", f, at);
		break;
	}
}

/* A whole file is written, waited for, or read ahead of. */
void write_sync(struct gen *g)
{
	uint64_t f = below(g, (uint64_t)g->files);

	switch (below(g, g->freebsd ? 4 : 8)) {
	case 0:
		printf("sync: {}");
		return;
	case 4:
		printf("syncfs: f%" PRIu64, f);
		return;
	case 5:
		printf("filemap_flush: f%" PRIu64, f);
		return;
	case 6:
		printf("filemap_fdatawait: f%" PRIu64, f);
		return;
	case 7:
		printf("readahead: { file: f%" PRIu64 ", offset: %" PRIu64 ", len: %" PRIu64 " }",
		       f, some_byte(g, f), scaled(g, 1, 1 << 22));
		return;
	default:
		printf("fsync: { file: f%" PRIu64 ", datasync: %s }", f,
		       chance(g, 50) ? "true" : "false");
		return;
	}
}

/* A file is opened, one that has no name is made, names go; what was opened is closed. */
void write_open(struct gen *g, const char *indent, int depth)
{
	bool names_go = knows(g, "unlink");
	uint64_t f = below(g, (uint64_t)g->files);

	if (names_go && chance(g, 30)) {
		printf("unlink: f%" PRIu64, f);
	} else if (depth) {
		printf("sleep: 10 us");
	} else if (*g->opened && chance(g, 40)) {
		printf("close: %s", g->opened);
		*g->opened = 0;
	} else if (chance(g, 25) && knows(g, "memfd_create")) {
		new_name(g, g->opened, 'o');
		if (chance(g, 30))
			printf(
			    "memfd_create: { hugetlb: true, allow_sealing: %s }\n%s  as: %s\n%s- "
			    "truncate: { file: %s, size: %" PRIu64 " }",
			    chance(g, 50) ? "true" : "false", indent, g->opened, indent, g->opened,
			    below(g, 8) << 21);
		else
			printf(
			    "memfd_create: {}\n%s  as: %s\n%s- truncate: { file: %s, size: %" PRIu64
			    " }",
			    indent, g->opened, indent, g->opened, scaled(g, 1, 1 << 22));
	} else {
		new_name(g, g->opened, 'o');
		printf("open: { file: f%" PRIu64 ", sync: %s, direct: %s", f,
		       chance(g, 20) ? "true" : "false", chance(g, 30) ? "true" : "false");
		if (names_go)
			printf(", create: %s", chance(g, 80) ? "true" : "false");
		printf(" }\n%s  as: %s", indent, g->opened);
	}
}
