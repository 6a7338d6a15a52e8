/*
 * real_disks.c - diskstats and writeback statistics of a real machine over time, as metrics
 *
 * Disks of a run are found by their names.  The kernel shows a disk's writeback to root only, below
 * a name of two numbers: diskstats says whose they are.
 *
 *	watch/diskstats    254       0 vda 1017 23 62034 ...
 *	watch/bdi          @ 26540.54 254:0
 *	                   BdiDirtyThresh:     401556 kB
 */
#include <stdio.h>
#include <string.h>

#include "models/hw/machine.h"
#include "models/linux/real_samples.h"
#include "models/linux/writeback/writeback.h"

#define MAX_DISKS    256
#define KIB_PER_PAGE 4
#define KIB          1024
#define MS           ((int64_t)NS_PER_MS)

/* ---- diskstats ---- */

/* Columns behind the name, as the kernel's Documentation/admin-guide/iostats.rst has them. */
static const struct {
	const char *metric; /* NULL: not simulated */
	int64_t multiply;
} columns[] = {
	{ "reads", 1 },
	{ "reads_merged", 1 },
	{ "read_sectors", 1 },
	{ "read_ns", MS },
	{ "writes", 1 },
	{ "writes_merged", 1 },
	{ "write_sectors", 1 },
	{ "write_ns", MS },
	{ "in_flight", 1 },
	{ "io_ticks", 1 },
	{ "time_in_queue_ns", MS },
	{ NULL, 0 },
	{ NULL, 0 },
	{ NULL, 0 },
	{ NULL, 0 },
	{ "flushes", 1 },
	{ "flush_ns", MS },
};

/* What iostat makes of them, per second; and the kernel's estimate of the disk. */
static const struct real_reading readings[] = {
	{ &disk_metrics, "read_sectors", "rkB/s", UNIT_BYTES_PER_SEC, 1, 2, KIB },
	{ &disk_metrics, "write_sectors", "wkB/s", UNIT_BYTES_PER_SEC, 1, 2, KIB },
	{ &disk_metrics, "io_ticks", "%util", UNIT_PERCENT, 1, 10, 1 },
	{ &bdi_metrics, "write_bandwidth", "BdiWriteBandwidth", UNIT_BYTES_PER_SEC, KIB_PER_PAGE, 1,
	  KIB },
};

/* A disk that diskstats names. */
struct seen_disk {
	char number[33]; /* "8:0" */
	const char *name;
};

struct seen_disks {
	struct seen_disk disks[MAX_DISKS];
	int n;
};

/* The name of a disk as a text that stays; NULL: there are too many. */
static const char *see_disk(struct seen_disks *seen, struct real_samples *out, const char *number,
			    const char *name)
{
	for (int i = 0; i < seen->n; i++)
		if (strcmp(seen->disks[i].number, number) == 0)
			return seen->disks[i].name;
	if (seen->n == MAX_DISKS)
		return NULL;
	snprintf(seen->disks[seen->n].number, sizeof(seen->disks->number), "%s", number);
	seen->disks[seen->n].name = real_samples_name(out, name);
	return seen->disks[seen->n++].name;
}

static bool read_disk(struct samples_file *f, struct seen_disks *seen, char *line)
{
	const char *major = verify_word(&line), *minor = verify_word(&line);
	char *number = str_format("%s:%s", major, minor);

	f->keys[0].text = see_disk(seen, f->out, number, verify_word(&line));
	sim_free(number);
	for (size_t i = 0; i < ARRAY_LEN(columns) && f->keys[0].text; i++) {
		const char *word = verify_word(&line);

		if (!*word) /* older kernels have fewer */
			break;
		if (columns[i].metric &&
		    !samples_add(f, &disk_metrics, columns[i].metric, word, columns[i].multiply, 1))
			return false;
	}
	return true;
}

static void read_diskstats(struct samples_file *f, struct seen_disks *seen)
{
	char *line;

	while ((line = samples_next_line(f)) && read_disk(f, seen, line))
		;
}

/* ---- writeback ---- */

static const struct {
	const char *word, *metric;
	int64_t divide;
} bdi_lines[] = {
	{ "BdiWriteback:", "nr_writeback", KIB_PER_PAGE },
	{ "BdiReclaimable:", "nr_reclaimable", KIB_PER_PAGE },
	{ "BdiDirtyThresh:", "dirty_thresh", KIB_PER_PAGE },
	{ "BdiDirtied:", "nr_dirtied", KIB_PER_PAGE },
	{ "BdiWritten:", "nr_written", KIB_PER_PAGE },
	{ "BdiWriteBandwidth:", "write_bandwidth", KIB_PER_PAGE },
	{ "b_dirty:", "b_dirty", 1 },
	{ "b_io:", "b_io", 1 },
	{ "b_more_io:", "b_more_io", 1 },
};

static const char *disk_of(const struct seen_disks *seen, const char *number)
{
	for (int i = 0; i < seen->n; i++)
		if (strcmp(seen->disks[i].number, number) == 0)
			return seen->disks[i].name;
	return NULL;
}

static void read_bdi(struct samples_file *f, const struct seen_disks *seen)
{
	char *line;

	while ((line = samples_next_line(f))) {
		const char *word = verify_word(&line), *value = verify_word(&line);

		f->keys[0].text = disk_of(seen, f->object);
		for (size_t i = 0; i < ARRAY_LEN(bdi_lines) && f->keys[0].text; i++)
			if (strcmp(word, bdi_lines[i].word) == 0 &&
			    !samples_add(f, &bdi_metrics, bdi_lines[i].metric, value, 1,
					 bdi_lines[i].divide))
				return;
	}
}

void real_disks_read(struct verify_case *c, struct real_samples *out)
{
	struct samples_file disks = { .c = c, .path = "watch/diskstats", .out = out };
	struct samples_file bdi = { .c = c, .path = "watch/bdi", .out = out };
	struct seen_disks *seen = sim_calloc(1, sizeof(*seen));

	out->readings = readings;
	out->nr_readings = ARRAY_LEN(readings);
	if (verify_read(c, disks.path, &disks.text)) {
		read_diskstats(&disks, seen);
		verify_text_free(&disks.text);
	}
	if (!diag_failed(c->diag) && verify_read(c, bdi.path, &bdi.text)) {
		read_bdi(&bdi, seen);
		verify_text_free(&bdi.text);
	}
	sim_free(seen);
}
