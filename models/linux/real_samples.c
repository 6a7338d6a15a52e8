/*
 * real_samples.c - vmstat and zoneinfo of a real machine over time, as metrics
 *
 * What scripts/collect-machine --watch wrote: the files as they were, one behind the other, each
 * after a line "@ SECONDS".  Counters that are no rows of metric.def are passed over.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/real_samples.h"
#include "models/linux/real_setting.h"

static const struct metric *row_of(const struct metric_object *kind, const char *name)
{
	for (int i = 0; i < kind->nr_rows; i++)
		if (strcmp(kind->rows[i].name, name) == 0)
			return &kind->rows[i];
	return NULL;
}

/* "@ 26540.54": seconds since boot, to a hundredth; perhaps an object. */
static bool begin_sample(struct samples_file *f, const char *line)
{
	uint64_t seconds;
	unsigned hundredths;

	f->object[0] = '\0';
	if (sscanf(line, "@ %" SCNu64 ".%2u %32s", &seconds, &hundredths, f->object) < 2 ||
	    seconds > UINT32_MAX) {
		verify_error(f->c,
			     "%s:%d: no time of a sample; accepted: @ SECONDS as "
			     "/proc/uptime has them",
			     f->path, f->text.line);
		return false;
	}
	f->t_ns = seconds * NS_PER_SEC + hundredths * (NS_PER_SEC / 100);
	f->begun = true;
	return true;
}

static bool open_samples(struct samples_file *f)
{
	if (verify_read(f->c, f->path, &f->text))
		return true;
	verify_error(f->c, "%s cannot be read; accepted: a folder of collect-machine --watch",
		     f->path);
	return false;
}

char *samples_next_line(struct samples_file *f)
{
	char *line;

	while ((line = verify_line(&f->text))) {
		if (*line != '@' && f->begun)
			return line;
		if (!begin_sample(f, line))
			return NULL;
	}
	return NULL;
}

bool samples_add(struct samples_file *f, const struct metric_object *kind, const char *name,
		 const char *value, int64_t multiply, int64_t divide)
{
	const struct metric *row = row_of(kind, name);
	int64_t v;

	if (!row)
		return true;
	if (!verify_parse(value, &v) || v > INT64_MAX / multiply || v < 0) {
		verify_error(f->c, "%s:%d: %s: no number", f->path, f->text.line, name);
		return false;
	}
	real_samples_add(f->out, kind, row, f->keys, f->t_ns, v * multiply / divide);
	return true;
}

static void read_vmstat(struct samples_file *f)
{
	char *line;

	while ((line = samples_next_line(f))) {
		const char *name = verify_word(&line);

		if (!samples_add(f, &vm_metrics, name, verify_word(&line), 1, 1))
			return;
	}
}

/* The name of a zone as a constant; NULL: it is not known. */
static const char *zone_name(const char *word)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], word) == 0)
			return names[i];
	return NULL;
}

static void read_zoneinfo(struct samples_file *f)
{
	static const char *const wanted[] = { "min",
					      "low",
					      "high",
					      "nr_free_pages",
					      "nr_zone_inactive_anon",
					      "nr_zone_active_anon",
					      "nr_zone_inactive_file",
					      "nr_zone_active_file",
					      "nr_zone_write_pending" };
	char *line, zone[17];
	int node;
	bool known = false;

	while ((line = samples_next_line(f))) {
		const char *name;

		if (sscanf(line, "Node %d, zone %16s", &node, zone) == 2) {
			f->keys[0].number = node;
			f->keys[1].text = zone_name(zone);
			known = f->keys[1].text != NULL;
			continue;
		}
		name = verify_word(&line);
		for (size_t i = 0; known && i < ARRAY_LEN(wanted); i++)
			if (strcmp(name, wanted[i]) == 0 &&
			    !samples_add(f, &zone_metrics, name, verify_word(&line), 1, 1))
				return;
	}
}

bool linux_real_samples(struct diag *d, const char *dir, struct real_samples *out)
{
	struct verify_case c = { .dir = dir, .diag = d };
	struct samples_file vmstat = { .c = &c, .path = "watch/vmstat", .out = out };
	struct samples_file zones = { .c = &c, .path = "watch/zoneinfo", .out = out };

	if (open_samples(&vmstat)) {
		read_vmstat(&vmstat);
		verify_text_free(&vmstat.text);
	}
	if (!diag_failed(d) && open_samples(&zones)) {
		read_zoneinfo(&zones);
		verify_text_free(&zones.text);
	}
	if (!diag_failed(d))
		real_disks_read(&c, out);
	if (!diag_failed(d) && !out->n)
		verify_error(&c, "%s has no sample", vmstat.path);
	return !diag_failed(d);
}
