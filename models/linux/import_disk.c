/*
 * import_disk.c - a disk from its files in /sys/block and from what fio measured
 *
 * What /sys says is taken as it stands; speed it does not know.  That comes
 * from fio, or else from a preset of the same kind.
 */
#include "models/linux/import_disk.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "models/hw/fio.h"
#include "models/hw/machine.h"
#include "models/linux/linux.h"

#define MAX_LINE      256
#define MAX_NAMES     1024
#define LARGE_REQUEST (64 << 10) /* bytes: what is below does not fill a link */
#define MOST_KB       (1 << 20)  /* of one request; devices without a limit say 2^31 - 1 */

/* ---- files ---- */

/* The first line of a file below dir; false if there is none. */
static bool read_line(const char *dir, const char *path, char line[MAX_LINE])
{
	char *full = str_format("%s/%s", dir, path);
	FILE *f = fopen(full, "r");
	bool ok = f && fgets(line, MAX_LINE, f);

	if (ok)
		line[strcspn(line, "\r\n")] = '\0';
	if (f)
		fclose(f);
	sim_free(full);
	return ok;
}

/* A whole number in a file, within min..max: false if there is no such file or number. */
static bool read_int(const char *dir, const char *path, int64_t min, int64_t max, int64_t *v)
{
	char line[MAX_LINE], *end;

	if (!read_line(dir, path, line) || !(isdigit((unsigned char)*line) || *line == '-'))
		return false;
	errno = 0;
	*v = strtoll(line, &end, 10);
	return errno == 0 && *end == '\0' && *v >= min && *v <= max;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder that end so, sorted; the caller frees each.  Returns how many. */
static int list_names(const char *dir, const char *ending, char *names[MAX_NAMES])
{
	DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d)) && n < MAX_NAMES;) {
		size_t len = strlen(e->d_name), tail = strlen(ending);

		if (*e->d_name != '.' && len > tail && strcmp(e->d_name + len - tail, ending) == 0)
			names[n++] = sim_strdup(e->d_name);
	}
	if (d)
		closedir(d);
	qsort(names, (size_t)n, sizeof(*names), by_name);
	return n;
}

static void free_names(char **names, int n)
{
	for (int i = 0; i < n; i++)
		sim_free(names[i]);
}

static bool is_folder(const char *dir, const char *name)
{
	char *full = str_format("%s/%s", dir, name);
	struct stat st;
	bool ok = stat(full, &st) == 0 && S_ISDIR(st.st_mode);

	sim_free(full);
	return ok;
}

bool import_is_disk(const char *dir)
{
	char *names[MAX_NAMES];
	int n = list_names(dir, ".json", names);

	free_names(names, n);
	return n > 0 || is_folder(dir, "queue");
}

/* The name of the disk: the last part of its folder. */
static char *disk_name(const char *dir)
{
	size_t end = strlen(dir), begin;

	while (end > 1 && dir[end - 1] == '/')
		end--;
	begin = end;
	while (begin > 0 && dir[begin - 1] != '/')
		begin--;
	return sim_strndup(dir + begin, end - begin);
}

/* ---- lines ---- */

struct lines {
	struct str *out;
	const char *first, *others;
	bool any;
};

static void add(struct lines *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct lines *l, const char *fmt, ...)
{
	va_list ap;

	str_add(l->out, l->any ? l->others : l->first);
	l->any = true;
	va_start(ap, fmt);
	str_vaddf(l->out, fmt, ap);
	va_end(ap);
	str_addc(l->out, '\n');
}

/* ---- /sys/block ---- */

static void add_queue(struct lines *l, const char *dir)
{
	static const struct {
		const char *path, *key, *unit;
		int64_t min, max;
	} rows[] = {
		{ "queue/rotational", "rotational", NULL, 0, 1 },
		{ "queue/max_hw_sectors_kb", "max_request_kb", "", 4, INT32_MAX },
		{ "queue/max_segments", "max_segments", "", 1, 65535 },
		{ "queue/max_segment_size", "max_segment_size", "", 4096, INT64_MAX },
		{ "queue/nr_requests", "nr_requests", "", 1, 65536 },
		{ "queue/wbt_lat_usec", "wbt_target", " us", 0, 60000000 },
		{ "device/queue_depth", "queue_depth", "", 1, 65536 },
	};
	char line[MAX_LINE];
	int64_t v;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!read_int(dir, rows[i].path, rows[i].min, rows[i].max, &v))
			continue;
		if (strcmp(rows[i].key, "max_request_kb") == 0)
			v = min_s64(v, MOST_KB);
		if (rows[i].unit)
			add(l, "%s: %" PRId64 "%s", rows[i].key, v, rows[i].unit);
		else
			add(l, "%s: %s", rows[i].key, v ? "true" : "false");
		if (strcmp(rows[i].key, "queue_depth") == 0)
			add(l, "scsi: true");
	}
	if (read_int(dir, "size", 8, INT64_MAX / (int64_t)SECTOR_SIZE, &v))
		add(l, "size: %" PRId64, v * (int64_t)SECTOR_SIZE);
	if (!read_line(dir, "queue/scheduler", line))
		return;
	if (strstr(line, "[mq-deadline]"))
		add(l, "scheduler: mq-deadline");
	else if (strstr(line, "[none]") || strcmp(line, "none") == 0)
		add(l, "scheduler: none");
	else
		add(l, "# scheduler \"%s\" is not modelled: mq-deadline", line);
}

/* What a scenario says below queue: as "key: value, key: value"; usual values are left out. */
static void print_tunables(struct str *text, const char *dir)
{
	static const struct {
		const char *file;
		int64_t usual;
	} rows[] = { { "read_ahead_kb", 128 },
		     { "max_sectors_kb", -1 },
		     { "nomerges", 0 },
		     { "stable_writes", 0 } };
	int64_t hw = 1280, v;

	read_int(dir, "queue/max_hw_sectors_kb", 4, INT64_MAX, &hw);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *path = str_format("queue/%s", rows[i].file);
		int64_t usual = rows[i].usual < 0 ? min_s64(hw, 1280) : rows[i].usual;

		if (read_int(dir, path, 0, INT32_MAX, &v) && v != usual)
			str_addf(text, "%s%s: %" PRId64, text->len ? ", " : "", rows[i].file,
				 min_s64(v, MOST_KB));
		sim_free(path);
	}
}

/* Beside a disk by itself, which cannot say it. */
static void add_tunables(struct lines *l, const char *dir, const char *name)
{
	struct str text = { 0 };

	print_tunables(&text, dir);
	if (text.len)
		add(l, "# and in the scenario  queue: { %s: { %s } }", name, str_get(&text));
	str_free(&text);
}

/* ---- fio ---- */

static void add_measured(struct lines *l, const struct fio_jobs *jobs, bool rotational)
{
	static const char *const names[] = { "read", "write" };
	struct fio_disk disk;

	fio_work_out(jobs, rotational, &disk);
	for (int dir = 0; dir < NR_FIO_DIRECTIONS; dir++) {
		int64_t other = disk.bandwidth[!dir];

		if (disk.bandwidth[dir] > 0)
			add(l, "%s_bandwidth: %" PRId64 " B/s%s", names[dir], disk.bandwidth[dir],
			    disk.largest[dir] < LARGE_REQUEST
				? " # of small requests: the disk may be quicker"
				: "");
		else
			add(l, "%s_bandwidth: %" PRId64 " B/s # not measured: as the other one",
			    names[dir], other);
	}
	for (int dir = 0; dir < NR_FIO_DIRECTIONS; dir++)
		if (disk.latency[dir] >= 0)
			add(l, "%s_latency: %" PRId64 " ns", names[dir], disk.latency[dir]);
		else if (disk.latency[!dir] >= 0)
			add(l, "%s_latency: %" PRId64 " ns # not measured: as the other one",
			    names[dir], disk.latency[!dir]);
		else if (disk.seek_full < 0)
			add(l, "# %s_latency: not measured (a job with one request at a time)",
			    names[dir]);
	if (disk.channels > 0)
		add(l, "channels: %" PRId64, disk.channels);
	else
		add(l, "# channels: not measured (a job with small requests, many in flight)");
	if (disk.seek_full > 0) {
		add(l, "rpm: %d # supposed", FIO_RPM);
		add(l, "seek_track: %d us # supposed", FIO_SEEK_TRACK / 1000);
		add(l, "seek_full: %" PRId64 " ns", disk.seek_full);
	}
}

static bool read_measured(struct diag *d, const char *dir, struct fio_jobs *jobs)
{
	char *names[MAX_NAMES];
	int n = list_names(dir, ".json", names);
	bool ok = true;

	for (int i = 0; i < n; i++) {
		char *path = str_format("%s/%s", dir, names[i]);

		ok &= fio_read(d, path, jobs);
		sim_free(path);
	}
	free_names(names, n);
	return ok;
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/*
 * Without a measurement the disk is like others of its kind.  A virtual disk often calls itself
 * rotational because nobody told it otherwise; how quick it is its host decides.
 */
static void add_preset(struct lines *l, const char *name, bool rotational, bool scsi)
{
	bool virtual = begins(name, "vd") || begins(name, "xvd");
	const char *preset = virtual                  ? "virtio-throttled"
			     : rotational             ? "hdd-7200"
			     : begins(name, "mmcblk") ? "sata-ssd"
			     : begins(name, "nvme")   ? "nvme"
			     : scsi                   ? "sata-ssd"
						      : "nvme";

	add(l, "preset: %s # %sits speed is not known: no result of fio", preset,
	    virtual ? "a virtual disk, as quick as its host lets it be; " : "");
}

static bool print_disk(struct diag *d, const char *dir, struct str *out, bool alone)
{
	struct lines l = { out, alone ? "" : "    - ", alone ? "" : "      ", false };
	struct fio_jobs jobs = { 0 };
	char *name = disk_name(dir);
	int64_t rotational = 0, depth;
	bool scsi = read_int(dir, "device/queue_depth", 1, 65536, &depth);
	bool ok = read_measured(d, dir, &jobs);

	read_int(dir, "queue/rotational", 0, 1, &rotational);
	if (ok && jobs.files && !jobs.n) {
		diag_error(d, (struct place){ 0 },
			   "%s: fio's results have no job with direct=1; accepted: at least one",
			   dir);
		ok = false;
	}
	if (ok) {
		add(&l, "name: %s", name);
		if (jobs.n)
			add_measured(&l, &jobs, rotational);
		else
			add_preset(&l, name, rotational, scsi);
		if (jobs.passed_over)
			add(&l, "# %d jobs of fio without direct=1 are not used", jobs.passed_over);
		add_queue(&l, dir);
		if (alone)
			add_tunables(&l, dir, name);
	}
	fio_free(&jobs);
	sim_free(name);
	return ok;
}

bool import_disk(struct diag *d, const char *dir, struct str *out)
{
	return print_disk(d, dir, out, true);
}

void import_queues(const char *dir, struct str *out)
{
	char *folder = str_format("%s/disks", dir), *names[MAX_NAMES];
	int n = list_names(folder, "", names);
	bool any = false;

	for (int i = 0; i < n; i++) {
		char *disk = str_format("%s/%s", folder, names[i]);
		struct str text = { 0 };

		if (import_is_disk(disk))
			print_tunables(&text, disk);
		if (text.len)
			str_addf(out, "%s  %s: { %s }\n", any ? "" : "queue:\n", names[i],
				 str_get(&text));
		any = any || text.len;
		str_free(&text);
		sim_free(disk);
	}
	free_names(names, n);
	sim_free(folder);
}

bool import_disks(struct diag *d, const char *dir, struct str *out)
{
	char *folder = str_format("%s/disks", dir), *names[MAX_NAMES];
	int n = list_names(folder, "", names);
	bool ok = true, any = false;

	for (int i = 0; i < n; i++) {
		char *disk = str_format("%s/%s", folder, names[i]);

		if (import_is_disk(disk)) {
			if (!any)
				str_add(out, "  disks:\n");
			any = true;
			ok &= print_disk(d, disk, out, false);
		}
		sim_free(disk);
	}
	free_names(names, n);
	sim_free(folder);
	return ok;
}
