/*
 * diskstats.c - /proc/diskstats: what iostat reads
 */
#include <inttypes.h>

#include "models/hw/machine.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/storage/blk.h"

static int64_t ms(int64_t ns)
{
	return ns / (int64_t)NS_PER_MS;
}

void diskstats_show(struct sim *s, struct str *out)
{
	const struct machine *m = s->machine;

	for (int i = 0; i < m->nr_disks; i++) {
		const struct disk_stat *d = disk_metrics.stat(s, i);

		str_addf(out, "%4d %7d %s ", SD_MAJOR, SD_MINORS * i, m->disks[i].name);
		str_addf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " ", d->reads,
			 d->reads_merged, d->read_sectors, ms(d->read_ns));
		str_addf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " ", d->writes,
			 d->writes_merged, d->write_sectors, ms(d->write_ns));
		str_addf(out, "%" PRId64 " %" PRId64 " %" PRId64 " ", d->in_flight, d->io_ticks,
			 ms(d->time_in_queue_ns));
		str_addf(out, "0 0 0 0 %" PRId64 " %" PRId64 "\n", d->flushes, ms(d->flush_ns));
	}
}
