/*
 * swaps.c - /proc/swaps: the areas that are on, or on their way off
 *
 * Simplified:  areas stand in the order of the scenario, not in that of their first swapon; a
 *              stretch of a disk has its own name, a real one that of a partition
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/storage/blk.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/internal.h"

#define NAME_COLUMNS 40
#define WIDE         10000000 /* KiB: from here on the column is filled by the number */

/* A number of KiB and the way to the next column. */
static void kib_column(struct str *out, uint32_t pages)
{
	uint64_t kib = (uint64_t)pages << (PAGE_SHIFT - 10);

	str_addf(out, "%" PRIu64 "\t%s", kib, kib < WIDE ? "\t" : "");
}

void swaps_show(struct sim *s, struct str *out)
{
	const struct swap_state *swap = linux_vm(s)->swap;

	str_add(out, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	for (int i = 0; swap && i < swap->nr_swapfiles; i++) {
		const struct swap_info_struct *si = &swap->info[i];
		bool whole = si->inode && si->inode->is_blkdev;
		char *name;
		int len;

		if (!(si->flags & SWP_USED))
			continue;
		name = si->flags & SWP_BLKDEV
			   ? str_format("/dev/%s", whole ? si->q->disk->name : si->name)
			   : str_format("/%s", si->inode->name);
		len = (int)strlen(name);
		str_addf(out, "%s%*s%s\t", name, len < NAME_COLUMNS ? NAME_COLUMNS - len : 1, " ",
			 si->flags & SWP_BLKDEV ? "partition" : "file\t");
		kib_column(out, si->pages);
		kib_column(out, si->inuse_pages);
		str_addf(out, "%d\n", si->prio);
		sim_free(name);
	}
}
