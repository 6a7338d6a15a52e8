/*
 * fio.c - what fio measured, and the disk that would give it
 *
 *	large requests, many in flight   ->  bandwidth
 *	one request at a time            ->  latency = mean - bytes / bandwidth
 *	small requests, many in flight   ->  channels = requests per second * time of one
 *
 * JSON is YAML: the reader of scenarios reads it, with its limits and places.
 */
#include "models/hw/fio.h"

#include <ctype.h>
#include <string.h>

#define MAX_VALUE (INT64_MAX / 2048)

/* ---- numbers and texts of JSON ---- */

/* A number that may have a fraction, rounded; false if it is none, or absent. */
static bool number(const struct yaml_node *node, int64_t *v)
{
	const char *p;

	if (!node || node->kind != YAML_KIND_SCALAR || !isdigit((unsigned char)*node->text))
		return false;
	*v = 0;
	for (p = node->text; isdigit((unsigned char)*p); p++) {
		if (*v > MAX_VALUE / 10)
			return false;
		*v = *v * 10 + (*p - '0');
	}
	if (*p == '.' && isdigit((unsigned char)*++p)) {
		*v += *p >= '5';
		while (isdigit((unsigned char)*p))
			p++;
	}
	return *p == '\0';
}

static int64_t number_or(const struct yaml_node *map, const char *key, int64_t otherwise)
{
	int64_t v;

	return map && number(yaml_get(map, key), &v) ? v : otherwise;
}

/* An option of a job, else of all jobs; NULL: not given. */
static const char *option(const struct yaml_node *root, const struct yaml_node *job,
			  const char *name)
{
	const struct yaml_node *own = yaml_get(job, "job options");
	const struct yaml_node *all = yaml_get(root, "global options");
	const struct yaml_node *node = own ? yaml_get(own, name) : NULL;

	if (!node && all)
		node = yaml_get(all, name);
	return node && node->kind == YAML_KIND_SCALAR ? node->text : NULL;
}

static int64_t option_number(const struct yaml_node *root, const struct yaml_node *job,
			     const char *name, int64_t otherwise)
{
	const char *text = option(root, job, name);
	struct yaml_node node = { .kind = YAML_KIND_SCALAR, .text = text };
	int64_t v;

	return text && number(&node, &v) ? v : otherwise;
}

/* ---- jobs ---- */

/* How many requests one process has in flight: the simple engines wait for each. */
static int64_t depth_of(const struct yaml_node *root, const struct yaml_node *job)
{
	static const char *const waiting[] = {
		"sync", "psync", "vsync", "pvsync", "pvsync2", "mmap"
	};
	const char *engine = option(root, job, "ioengine");

	if (!engine)
		return 1; /* psync is what fio takes itself */
	for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
		if (strcmp(engine, waiting[i]) == 0)
			return 1;
	return max_s64(option_number(root, job, "iodepth", 1), 1);
}

/* The entry for the same job of the same file, NULL: the first process of it. */
static struct fio_job *find_job(const struct fio_jobs *jobs, const struct fio_job *like)
{
	for (size_t i = 0; i < jobs->n; i++) {
		struct fio_job *j = &jobs->job[i];

		if (j->file == like->file && j->group == like->group &&
		    j->direction == like->direction && strcmp(j->name, like->name) == 0)
			return j;
	}
	return NULL;
}

static void add_job(struct fio_jobs *jobs, const struct fio_job *job, const char *rw)
{
	struct fio_job *same = find_job(jobs, job);

	if (!same) {
		sim_grow((void **)&jobs->job, &jobs->cap, jobs->n + 1, sizeof(*jobs->job));
		jobs->job[jobs->n] = *job;
		jobs->job[jobs->n].name = sim_strdup(job->name);
		jobs->job[jobs->n++].rw = sim_strdup(rw);
		return;
	}
	same->latency = (int64_t)mul_div_u64((uint64_t)same->latency, (uint64_t)same->ios,
					     (uint64_t)(same->ios + job->ios)) +
			(int64_t)mul_div_u64((uint64_t)job->latency, (uint64_t)job->ios,
					     (uint64_t)(same->ios + job->ios));
	same->processes += job->processes;
	same->depth += job->depth;
	same->ios += job->ios;
	same->bytes += job->bytes;
	same->iops += job->iops;
	same->bandwidth += job->bandwidth;
}

/* Time from submission to completion: newer fio counts nanoseconds, older ones microseconds. */
static int64_t mean_latency(const struct yaml_node *side)
{
	int64_t ns = number_or(yaml_get(side, "clat_ns"), "mean", -1);
	int64_t us = number_or(yaml_get(side, "clat"), "mean", -1);

	return ns >= 0 ? ns : us >= 0 ? us * (int64_t)NS_PER_US : -1;
}

static void read_side(struct fio_jobs *jobs, const struct yaml_node *root,
		      const struct yaml_node *node, enum fio_direction direction)
{
	static const char *const names[] = { "read", "write" };
	const struct yaml_node *side = yaml_get(node, names[direction]);
	const struct yaml_node *name = yaml_get(node, "jobname");
	const char *rw = option(root, node, "rw");
	struct fio_job job = {
		.name = name && name->kind == YAML_KIND_SCALAR ? name->text : "",
		.file = jobs->files,
		.group = number_or(node, "groupid", 0),
		.direction = direction,
		.processes = 1,
		.depth = depth_of(root, node),
		.ios = number_or(side, "total_ios", 0),
		.bytes = number_or(side, "io_bytes", 0),
		.iops = number_or(side, "iops", 0),
		.bandwidth = number_or(side, "bw_bytes", number_or(side, "bw", 0) * 1024),
	};

	if (!side || !job.ios || !job.bandwidth)
		return;
	job.latency = mean_latency(side);
	if (!job.bytes)
		job.bytes = (int64_t)mul_div_u64((uint64_t)job.bandwidth, (uint64_t)job.ios,
						 (uint64_t)max_s64(job.iops, 1)); /* very old fio */
	add_job(jobs, &job, rw ? rw : names[direction]);
}

/* With group_reporting one entry stands for all processes. */
static void spread_groups(struct fio_jobs *jobs, const struct yaml_node *root,
			  const struct yaml_node *list)
{
	for (size_t i = 0; i < list->n; i++) {
		int64_t numjobs = option_number(root, list->items[i], "numjobs", 1);
		const struct yaml_node *name = yaml_get(list->items[i], "jobname");

		for (size_t k = 0; k < jobs->n && name; k++) {
			struct fio_job *j = &jobs->job[k];

			if (j->file == jobs->files && strcmp(j->name, name->text) == 0 &&
			    j->group == number_or(list->items[i], "groupid", 0) &&
			    j->processes == 1 && numjobs > 1) {
				j->processes = numjobs;
				j->depth *= numjobs;
			}
		}
	}
}

/* Text that fio prints without --output-format is no JSON: said so, in place of what YAML misses.
 */
static void say_no_json(struct diag *d, size_t errors)
{
	const struct diag_file *file = d->nr_errors > errors ? d->errors[errors].at.file : NULL;

	if (!file || file->text[strspn(file->text, " \t\r\n")] == '{')
		return;
	while (d->nr_errors > errors)
		sim_free(d->errors[--d->nr_errors].text);
	diag_error(d, (struct place){ file, 1, 1, 0 },
		   "no JSON of fio; accepted: what fio --output-format=json writes");
}

bool fio_read(struct diag *d, const char *path, struct fio_jobs *jobs)
{
	size_t errors = d->nr_errors;
	struct yaml_doc *doc = yaml_load(d, path);
	const struct yaml_node *root, *list;

	if (!doc) {
		say_no_json(d, errors);
		return false;
	}
	root = yaml_root(doc);
	list = root->kind == YAML_KIND_MAP ? yaml_get(root, "jobs") : NULL;
	if (!list || list->kind != YAML_KIND_LIST) {
		diag_error(d, root->at,
			   "no result of fio; accepted: what fio --output-format=json writes");
		yaml_doc_free(doc);
		return false;
	}
	for (size_t i = 0; i < list->n; i++) {
		const char *direct = option(root, list->items[i], "direct");

		if (!direct || strcmp(direct, "1") != 0) {
			jobs->passed_over++;
			continue;
		}
		read_side(jobs, root, list->items[i], FIO_READ);
		read_side(jobs, root, list->items[i], FIO_WRITE);
	}
	spread_groups(jobs, root, list);
	jobs->files++;
	yaml_doc_free(doc);
	return true;
}

void fio_free(struct fio_jobs *jobs)
{
	for (size_t i = 0; i < jobs->n; i++) {
		sim_free((char *)jobs->job[i].name);
		sim_free((char *)jobs->job[i].rw);
	}
	sim_free(jobs->job);
	*jobs = (struct fio_jobs){ 0 };
}

/* ---- what follows ---- */

static int64_t request_bytes(const struct fio_job *j)
{
	return max_s64(j->bytes / j->ios, 1);
}

/* Time the data of one request needs on the link. */
static int64_t transfer(const struct fio_disk *disk, const struct fio_job *j)
{
	return (int64_t)mul_div_u64((uint64_t)request_bytes(j), NS_PER_SEC,
				    (uint64_t)disk->bandwidth[j->direction]);
}

/* Latency of one request at a time beyond its transfer: of the job with the smallest requests. */
static int64_t lone_latency(const struct fio_jobs *jobs, const struct fio_disk *disk,
			    enum fio_direction direction, bool at_random)
{
	const struct fio_job *best = NULL;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct fio_job *j = &jobs->job[i];

		if (j->direction != direction || j->depth != 1 || j->latency < 0 ||
		    (at_random && strncmp(j->rw, "rand", 4) != 0))
			continue;
		if (!best || request_bytes(j) < request_bytes(best))
			best = j;
	}
	return best ? max_s64(best->latency - transfer(disk, best), 0) : -1;
}

/*
 * How many requests are served side by side: what is done per second times what one takes.  A job
 * that fills the link says only that there are at least so many.
 */
static int64_t channels(const struct fio_jobs *jobs, const struct fio_disk *disk)
{
	int64_t most = -1;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct fio_job *j = &jobs->job[i];
		int64_t latency = disk->latency[j->direction], n;

		if (j->depth < 2 || latency < 0)
			continue;
		n = (int64_t)((mul_div_u64((uint64_t)j->iops,
					   (uint64_t)(latency + transfer(disk, j)), 1) +
			       NS_PER_SEC / 2) /
			      NS_PER_SEC);
		most = max_s64(most, min_s64(max_s64(n, 1), j->depth));
	}
	return most;
}

/*
 * A rotating disk: the mean over random places is a track, 533/1000 of the rest of the way, and
 * half a turn.  0 if the disk is too quick to be one.
 */
static int64_t seek_full(int64_t mean)
{
	int64_t way = mean - 30LL * (int64_t)NS_PER_SEC / FIO_RPM - FIO_SEEK_TRACK;

	return way > 0 ? FIO_SEEK_TRACK + way * 1000 / 533 : 0;
}

void fio_work_out(const struct fio_jobs *jobs, bool rotational, struct fio_disk *disk)
{
	int64_t mean;

	*disk = (struct fio_disk){
		.bandwidth = { -1, -1 },
		.largest = { -1, -1 },
		.latency = { -1, -1 },
		.channels = -1,
		.seek_full = -1,
	};
	for (size_t i = 0; i < jobs->n; i++) {
		const struct fio_job *j = &jobs->job[i];

		if (j->bandwidth <= disk->bandwidth[j->direction])
			continue;
		disk->bandwidth[j->direction] = j->bandwidth;
		disk->largest[j->direction] = request_bytes(j);
	}
	mean = disk->bandwidth[FIO_READ] > 0 ? lone_latency(jobs, disk, FIO_READ, true) : -1;
	if (rotational && mean > 0 && seek_full(mean)) {
		/* its latency is the way of the head; requests go one after the other */
		disk->seek_full = seek_full(mean);
		disk->channels = 1;
		return;
	}
	for (int dir = 0; dir < NR_FIO_DIRECTIONS; dir++)
		if (disk->bandwidth[dir] > 0)
			disk->latency[dir] =
			    lone_latency(jobs, disk, (enum fio_direction)dir, false);
	disk->channels = channels(jobs, disk);
}
