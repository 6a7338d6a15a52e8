/*
 * gfp.c - names of masks and of migratetypes
 */
#include "models/linux/gfp.h"

const char *const migratetype_names[MIGRATE_TYPES] = {
	[MIGRATE_UNMOVABLE] = "Unmovable",     [MIGRATE_MOVABLE] = "Movable",
	[MIGRATE_RECLAIMABLE] = "Reclaimable", [MIGRATE_HIGHATOMIC] = "HighAtomic",
	[MIGRATE_ISOLATE] = "Isolate",         [MIGRATE_CMA] = "CMA",
};

const struct key_word gfp_words[] = {
	/* in the order in which the kernel prints them: the first that fits is taken */
	{ "GFP_TRANSHUGE", GFP_TRANSHUGE, "a huge page, reclaiming directly" },
	{ "GFP_TRANSHUGE_LIGHT", GFP_TRANSHUGE_LIGHT, "a huge page without reclaim" },
	{ "GFP_HIGHUSER_MOVABLE", GFP_HIGHUSER_MOVABLE, "pages of programs: may be moved" },
	{ "GFP_HIGHUSER", GFP_HIGHUSER, "pages of programs, any zone" },
	{ "GFP_USER", GFP_USER, "on behalf of a program" },
	{ "GFP_KERNEL_ACCOUNT", GFP_KERNEL_ACCOUNT, "kernel memory charged to a group" },
	{ "GFP_KERNEL", GFP_KERNEL,
	  "the usual request of the kernel: may sleep, write and reclaim" },
	{ "GFP_NOFS", GFP_NOFS, "may do I/O but not call file systems" },
	{ "GFP_ATOMIC", GFP_ATOMIC, "cannot sleep, may use a part of the reserves" },
	{ "GFP_NOIO", GFP_NOIO, "may reclaim but not start I/O" },
	{ "GFP_NOWAIT", GFP_NOWAIT, "cannot sleep, no reserves" },
	{ "GFP_DMA", GFP_DMA, "below 16 MiB" },
	{ "__GFP_HIGHMEM", __GFP_HIGHMEM, "highest zone allowed" },
	{ "GFP_DMA32", GFP_DMA32, "below 4 GiB" },
	{ "__GFP_HIGH", __GFP_HIGH, "half of the min watermark may be used" },
	{ "__GFP_ATOMIC", __GFP_ATOMIC, "cannot wait at all" },
	{ "__GFP_IO", __GFP_IO, "may start I/O" },
	{ "__GFP_FS", __GFP_FS, "may call file systems" },
	{ "__GFP_NOWARN", __GFP_NOWARN, "failure is not reported" },
	{ "__GFP_RETRY_MAYFAIL", __GFP_RETRY_MAYFAIL, "tries hard, then fails" },
	{ "__GFP_NOFAIL", __GFP_NOFAIL, "must not fail" },
	{ "__GFP_NORETRY", __GFP_NORETRY, "one round of reclaim" },
	{ "__GFP_COMP", __GFP_COMP, "a compound page" },
	{ "__GFP_ZERO", __GFP_ZERO, "cleared" },
	{ "__GFP_NOMEMALLOC", __GFP_NOMEMALLOC, "no reserves in any case" },
	{ "__GFP_MEMALLOC", __GFP_MEMALLOC, "all reserves" },
	{ "__GFP_HARDWALL", __GFP_HARDWALL, "only nodes of the cpuset" },
	{ "__GFP_THISNODE", __GFP_THISNODE, "only the node asked for" },
	{ "__GFP_RECLAIMABLE", __GFP_RECLAIMABLE, "reclaimable slab" },
	{ "__GFP_MOVABLE", __GFP_MOVABLE, "movable" },
	{ "__GFP_ACCOUNT", __GFP_ACCOUNT, "charged to a group" },
	{ "__GFP_WRITE", __GFP_WRITE, "will be dirtied: nodes are kept below their dirty limit" },
	{ "__GFP_RECLAIM", __GFP_RECLAIM, "both" },
	{ "__GFP_DIRECT_RECLAIM", __GFP_DIRECT_RECLAIM, "may reclaim itself" },
	{ "__GFP_KSWAPD_RECLAIM", __GFP_KSWAPD_RECLAIM, "wakes kswapd" },
	{ "__GFP_DMA", __GFP_DMA, "zone DMA" },
	{ "__GFP_DMA32", __GFP_DMA32, "zone DMA32" },
	{ NULL, 0, NULL },
};

void gfp_print(struct str *out, gfp_t gfp)
{
	const char *sep = "";
	gfp_t left = gfp;

	for (const struct key_word *w = gfp_words; w->name && left; w++) {
		gfp_t bits = (gfp_t)w->value;

		if ((left & bits) != bits)
			continue;
		str_addf(out, "%s%s", sep, w->name);
		left &= ~bits;
		sep = "|";
	}
	if (!*sep)
		str_add(out, "0");
}
