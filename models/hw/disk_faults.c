/*
 * disk_faults.c - disks that fail and disks that stall
 *
 *	simulated time  0----------at#####at+for-----------#####--->
 *	device time     0----------|     |-----------------|   |--->
 *
 * During a stall the device does nothing: its own time, in which it serves
 * requests and empties its cache, stands still.  What would be done then is
 * done that much later; what is given to it then waits for the end.
 */
#include "models/hw/disk_faults.h"

/* --- stalls --- */

static const struct disk_stall_conf *stalls(const struct disk *disk)
{
	return disk->conf.stalls.items;
}

/* The stall of one row that is on at a time, or begins next; FOREVER: none will. */
static sim_time stall_begin(const struct disk_stall_conf *c, sim_time at)
{
	sim_time first = (sim_time)c->at, length = (sim_time)c->length;
	sim_time period = (sim_time)c->every;

	if (at < first + length)
		return first;
	if (!period)
		return FOREVER;
	/* the last one that began, if it is still on, else the next one */
	first += (at - first) / period * period;
	return at < first + length ? first : first + period;
}

/*
 * The device's next stretch without work that ends after a time: from *begin, not before that
 * time, to *end.  False: none.
 */
static bool next_stall(const struct disk *disk, sim_time at, sim_time *begin, sim_time *end)
{
	*begin = FOREVER;
	for (int i = 0; i < disk->conf.stalls.n; i++) {
		sim_time b = stall_begin(&stalls(disk)[i], at);

		if (b != FOREVER && max_u64(b, at) < *begin) {
			*begin = max_u64(b, at);
			*end = b + (sim_time)stalls(disk)[i].length;
		}
	}
	return *begin != FOREVER;
}

sim_time disk_time(struct disk *disk, sim_time now)
{
	sim_time begin, end;

	if (!disk->conf.stalls.n)
		return now;
	now = max_u64(now, disk->stalls_seen); /* tasks run a little ahead of the clock */
	while (disk->stalls_seen < now && next_stall(disk, disk->stalls_seen, &begin, &end)) {
		if (begin >= now)
			break;
		end = min_u64(end, now);
		disk->stat.sim_stall_ns += (int64_t)(end - begin);
		disk->stalls_seen = end;
	}
	disk->stalls_seen = now;
	return now - (sim_time)disk->stat.sim_stall_ns;
}

sim_time disk_time_ends(struct disk *disk, sim_time now, sim_time done)
{
	sim_time left = done - disk_time(disk, now), begin, end;

	if (!disk->conf.stalls.n)
		return done;
	now = max_u64(now, disk->stalls_seen);
	while (next_stall(disk, now, &begin, &end) && begin - now < left) {
		left -= begin - now;
		now = end;
	}
	return now + left;
}

/* --- errors --- */

static bool error_fits(const struct disk_error_conf *e, const struct disk_request *rq, sim_time now)
{
	if (e->on < 0 ? rq->op == DISK_FLUSH : e->on != (int64_t)rq->op)
		return false;
	if (now < (sim_time)e->from || (e->until && now >= (sim_time)e->until))
		return false;
	return e->start < 0 || (rq->sector < (uint64_t)(e->start + e->sectors) &&
				(uint64_t)e->start < rq->sector + rq->sectors);
}

int disk_injected_error(struct disk *disk, const struct disk_request *rq, sim_time now)
{
	const struct disk_error_conf *e = disk->conf.errors.items;

	for (int i = 0; i < disk->conf.errors.n; i++) {
		struct disk_error_state *state = &disk->error_state[i];

		if (!error_fits(&e[i], rq, now))
			continue;
		if (e[i].every > 1 && ++state->fit % e[i].every != 0)
			continue;
		if (e[i].count && state->failed == e[i].count)
			continue;
		state->failed++;
		disk->stat.sim_errors++;
		return -(int)e[i].error;
	}
	return 0;
}

/* --- what rows cannot say --- */

void disk_faults_check(struct diag *d, const struct disk_conf *conf, bytes_t size,
		       struct place errors_at, struct place stalls_at)
{
	const struct disk_error_conf *e = conf->errors.items;
	const struct disk_stall_conf *stall = conf->stalls.items;

	for (int i = 0; i < conf->errors.n; i++) {
		if (e[i].start < 0 && e[i].sectors != 1)
			diag_error(d, errors_at,
				   "disks: sectors without start; accepted: both, or neither: "
				   "the whole disk");
		if (e[i].start >= 0 && e[i].on == DISK_FLUSH)
			diag_error(d, errors_at,
				   "disks: a flush has no sectors; accepted: on: flush without "
				   "start");
		if (e[i].start >= 0 &&
		    (uint64_t)e[i].start + (uint64_t)e[i].sectors > size / SECTOR_SIZE)
			diag_error(d, errors_at,
				   "disks: the errors lie beyond the end of the disk; accepted: "
				   "sectors below %llu",
				   size / SECTOR_SIZE);
		if (e[i].until && e[i].until <= e[i].from)
			diag_error(d, errors_at,
				   "disks: the errors end before they begin; accepted: until "
				   "after from");
	}
	for (int i = 0; i < conf->stalls.n; i++)
		if (stall[i].every && stall[i].every <= stall[i].length)
			diag_error(d, stalls_at,
				   "disks: the stall is over only after the next one has begun; "
				   "accepted: every longer than for");
}

/* --- keys --- */

/* clang-format off */
static const struct key_word error_op_words[] = {
	{ "read", DISK_READ, "only reads fail" },
	{ "write", DISK_WRITE, "only writes fail" },
	{ "both", -1, "reads and writes fail" },
	{ "flush", DISK_FLUSH, "flushes of the write cache fail" },
	{ NULL, 0, NULL },
};

/* What drivers tell the block layer. */
static const struct key_word error_words[] = {
	{ "EIO", 5, "the device could not do it" },
	{ "ENOSPC", 28, "no room is left on a device that is larger than what is behind it" },
	{ "ENODATA", 61, "a medium error" },
	{ "EILSEQ", 84, "a protection error" },
	{ "ETIMEDOUT", 110, "no answer in time" },
	{ "EREMOTEIO", 121, "the target is wrong or gone" },
	{ NULL, 0, NULL },
};

#define ERRORS_FIELD(f) offsetof(struct disk_error_conf, f)
#define STALLS_FIELD(f) offsetof(struct disk_stall_conf, f)
#define MAX_TIME (INT64_MAX / 4)

static const struct key error_keys[] = {
	{ .name = "start", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(start),
	  .def = "-1", .min = -1, .max = INT64_MAX >> 10,
	  .meaning = "first sector (512 bytes) that fails; -1: any" },
	{ .name = "sectors", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(sectors),
	  .def = "1", .min = 1, .max = INT64_MAX >> 10, .meaning = "how many sectors fail" },
	{ .name = "error", .type = KEY_ENUM, .offset = ERRORS_FIELD(error), .def = "EIO",
	  .words = error_words, .min = 1, .max = 4095,
	  .meaning = "what the requests end with, by name or number" },
	{ .name = "on", .type = KEY_ENUM, .offset = ERRORS_FIELD(on), .def = "both",
	  .words = error_op_words, .meaning = "which requests fail" },
	{ .name = "every", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(every),
	  .def = "1", .min = 1, .max = INT64_MAX >> 10,
	  .meaning = "of the requests that all this is true of, each so many-th one" },
	{ .name = "count", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(count),
	  .def = "0", .min = 0, .max = INT64_MAX >> 10,
	  .meaning = "so many requests at most; 0: no limit" },
	{ .name = "from", .type = KEY_INT, .unit = UNIT_NS, .offset = ERRORS_FIELD(from),
	  .def = "0", .min = 0, .max = MAX_TIME,
	  .meaning = "requests that end at this simulated time or later" },
	{ .name = "until", .type = KEY_INT, .unit = UNIT_NS, .offset = ERRORS_FIELD(until),
	  .def = "0", .min = 0, .max = MAX_TIME, .meaning = "and before this one; 0: for ever" },
};

const struct key_schema disk_error_schema = {
	.name = "errors", .keys = error_keys, .nr_keys = ARRAY_LEN(error_keys),
	.size = sizeof(struct disk_error_conf), .seen = SIZE_MAX,
};

static const struct key stall_keys[] = {
	{ .name = "at", .type = KEY_INT, .unit = UNIT_NS, .offset = STALLS_FIELD(at),
	  .def = "0", .min = 0, .max = MAX_TIME, .meaning = "simulated time at which it begins" },
	{ .name = "for", .type = KEY_INT, .unit = UNIT_NS, .offset = STALLS_FIELD(length),
	  .required = true, .min = 1, .max = MAX_TIME, .meaning = "how long the disk does nothing" },
	{ .name = "every", .type = KEY_INT, .unit = UNIT_NS, .offset = STALLS_FIELD(every),
	  .def = "0", .min = 0, .max = MAX_TIME,
	  .meaning = "begins again so much after its last beginning; 0: once" },
};

const struct key_schema disk_stall_schema = {
	.name = "stalls", .keys = stall_keys, .nr_keys = ARRAY_LEN(stall_keys),
	.size = sizeof(struct disk_stall_conf), .seen = SIZE_MAX,
};
/* clang-format on */
