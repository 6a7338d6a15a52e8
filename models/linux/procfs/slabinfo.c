/*
 * slabinfo.c - /proc/slabinfo: the caches of kernel objects
 *
 * Caches of which nothing is simulated are missing; without linux.slab all are empty.
 */
#include <inttypes.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/reclaim/slab.h"

void slabinfo_show(struct sim *s, struct str *out)
{
	str_add(out, "slabinfo - version: 2.1\n"
		     "# name            <active_objs> <num_objs> <objsize> <objperslab> "
		     "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		     "<active_slabs> <num_slabs> <sharedavail>\n");
	for (int id = 0; id < NR_SLAB_CACHES; id++) {
		struct slab_count c;

		slab_count(linux_vm(s), (enum slab_cache_id)id, &c);
		str_addf(out, "%-17s %6" PRIu64 " %6" PRIu64 " %6" PRIu32 " %4u %4u", c.name,
			 c.inuse, c.objects, c.bytes, c.objects_per_slab, c.pages_per_slab);
		str_addf(out, " : tunables %4d %4d %4d", 0, 0, 0);
		str_addf(out, " : slabdata %6" PRIu64 " %6" PRIu64 " %6d\n", c.slabs, c.slabs, 0);
	}
}
