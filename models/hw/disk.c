/*
 * disk.c - when a request that is given to a disk will be done
 *
 *	request -> channel (latency, positioning) -> link (bytes / bandwidth) -> done
 *
 * Latency is spent in a channel, several side by side; data crosses one link,
 * one request after the other.  So many small requests are bound by latency
 * and channels, a few large ones by bandwidth.  What happens to a request is
 * known when it is issued, but for disks with native queueing: those choose
 * the next request when the one before is done.
 */
#include <inttypes.h>
#include "models/hw/machine.h"

#define FORWARD_GAP_SECTORS 128 /* 64 KiB: skipped by letting them pass under the head */
#define MAX_PASSED_OVER     32

enum disk_preset {
#define DISK_PRESET(name, written, meaning) PRESET_##name,
#define DISK_ALIAS(name, written, meaning)
#define DISK_OF_PRESET(preset, param, value)
#include "models/hw/disk_presets.def"
#undef DISK_PRESET
#undef DISK_ALIAS
#undef DISK_OF_PRESET
	NR_DISK_PRESETS,
};

/* --- parameters --- */

static const struct preset_value {
	enum disk_preset preset;
	size_t offset; /* in struct disk_conf */
	int64_t value;
} preset_values[] = {
#define DISK_PRESET(name, written, meaning)
#define DISK_ALIAS(name, written, meaning)
#define DISK_OF_PRESET(preset, param, value)                                                       \
	{ PRESET_##preset, offsetof(struct disk_conf, param), value },
#include "models/hw/disk_presets.def"
#undef DISK_PRESET
#undef DISK_ALIAS
#undef DISK_OF_PRESET
};

/* The rows of disk_keys, in its order. */
enum disk_row {
	ROW_name,
	ROW_preset,
#define DISK_PARAM(name, unit, def, min, max, meaning) ROW_##name,
#define DISK_WORDS(name, words, meaning)               ROW_##name,
#include "models/hw/disk.def"
#undef DISK_PARAM
#undef DISK_WORDS
	ROW_errors,
};

/* Where the parameters lie, in the order of enum disk_row from ROW_preset + 1 on. */
static const size_t param_offset[] = {
#define DISK_PARAM(name, unit, def, min, max, meaning) offsetof(struct disk_conf, name),
#define DISK_WORDS(name, words, meaning)               offsetof(struct disk_conf, name),
#include "models/hw/disk.def"
#undef DISK_PARAM
#undef DISK_WORDS
};

static int64_t *param(struct disk_conf *conf, size_t offset)
{
	return (int64_t *)(void *)((char *)conf + offset);
}

static bool given(const struct disk_conf *conf, enum disk_row row)
{
	return conf->seen.written >> row & 1;
}

static void default_to(int64_t *field, int64_t value)
{
	if (*field < 0)
		*field = value;
}

/* Gives every parameter that neither the preset nor the user knows its value. */
static void fill_defaults(struct disk_conf *c)
{
	bool null_block = c->request_time >= 0;

	default_to(&c->read_bandwidth, c->bandwidth);
	default_to(&c->write_bandwidth, c->bandwidth);
	default_to(&c->latency, 0);
	default_to(&c->read_latency, c->latency);
	default_to(&c->write_latency, c->latency);
	default_to(&c->slots, 1);
	default_to(&c->channels, null_block ? c->slots : 1);
	default_to(&c->queue_depth, null_block ? c->slots : 128);
	default_to(&c->size, 1LL << 40);
	default_to(&c->duplex, 0);
	default_to(&c->seek_track, 0);
	default_to(&c->seek_full, c->seek_track);
	default_to(&c->rpm, 0);
	default_to(&c->native_queueing, 0);
	default_to(&c->zone_ratio, 100);
	default_to(&c->cache, 0);
	default_to(&c->drain_bandwidth, c->write_bandwidth);
	default_to(&c->flush_latency, 0);
	default_to(&c->burst, 0);
	default_to(&c->rotational, c->rpm != 0);
	default_to(&c->scsi, 0);
	default_to(&c->max_request_kb, 1280);
	default_to(&c->max_segments, 128);
	default_to(&c->max_segment_size, 64 << 10);
	default_to(&c->scheduler, null_block ? DISK_SCHEDULER_NONE : DISK_SCHEDULER_MQ_DEADLINE);
	default_to(&c->nr_requests, c->scheduler == DISK_SCHEDULER_NONE
					? c->queue_depth
					: 2 * min_s64(c->queue_depth, 128));
	default_to(&c->wbt_target, (c->rotational ? 75 : 2) * (int64_t)NS_PER_MS);
}

/* The parameters of a disk: the preset's, on top of them the user's. */
static void work_out(struct disk_conf *out, const struct disk_conf *conf)
{
	struct disk_conf user = *conf;

	*out = (struct disk_conf){ .name = conf->name, .errors = conf->errors };
	out->preset = given(conf, ROW_preset) ? conf->preset : -1;
	for (size_t i = 0; i < ARRAY_LEN(param_offset); i++)
		*param(out, param_offset[i]) = -1;
	for (size_t i = 0; i < ARRAY_LEN(preset_values); i++)
		if (preset_values[i].preset == out->preset)
			*param(out, preset_values[i].offset) = preset_values[i].value;

	/* a word about both directions counts more than the preset's word about one */
	if (given(conf, ROW_bandwidth))
		out->read_bandwidth = out->write_bandwidth = -1;
	if (given(conf, ROW_latency))
		out->read_latency = out->write_latency = -1;
	for (size_t i = 0; i < ARRAY_LEN(param_offset); i++)
		if (given(conf, (enum disk_row)(ROW_preset + 1 + (int)i)))
			*param(out, param_offset[i]) = *param(&user, param_offset[i]);
	fill_defaults(out);
}

static struct place place_of(const struct disk_conf *conf, enum disk_row row)
{
	return conf->seen.at ? conf->seen.at[row + 1] : (struct place){ 0 };
}

void disk_check(struct diag *d, const struct disk_conf *conf)
{
	struct disk_conf c;
	const struct disk_error_conf *e = conf->errors.items;

	work_out(&c, conf);
	if (c.request_time < 0 && (c.read_bandwidth < 0 || c.write_bandwidth < 0))
		diag_error(d, conf->seen.at ? conf->seen.at[0] : (struct place){ 0 },
			   "disks: nobody says how fast the disk is; accepted: a preset, "
			   "bandwidth or request_time");
	if (given(conf, ROW_slots) && !given(conf, ROW_request_time))
		diag_error(d, place_of(conf, ROW_slots),
			   "disks: slots without request_time; accepted: both, or channels");
	if (c.native_queueing && c.channels > 1)
		diag_error(
		    d,
		    place_of(conf, given(conf, ROW_channels) ? ROW_channels : ROW_native_queueing),
		    "disks: native_queueing with %" PRId64 " channels; accepted: 1 channel",
		    c.channels);
	if (c.seek_full < c.seek_track)
		diag_error(
		    d, place_of(conf, given(conf, ROW_seek_full) ? ROW_seek_full : ROW_seek_track),
		    "disks: seek_full is below seek_track; accepted: at least seek_track");
	for (int i = 0; i < conf->errors.n; i++)
		if ((uint64_t)e[i].start + (uint64_t)e[i].sectors > (uint64_t)c.size / SECTOR_SIZE)
			diag_error(d, place_of(conf, ROW_errors),
				   "disks: the errors lie beyond the end of the disk; accepted: "
				   "sectors below %" PRId64,
				   c.size / (int64_t)SECTOR_SIZE);
}

/* --- the service of one request --- */

/* Time n bytes take at a rate, rounded up. */
static sim_time bytes_time(bytes_t n, int64_t bytes_per_sec)
{
	unsigned __int128 t = (unsigned __int128)n * NS_PER_SEC + (uint64_t)bytes_per_sec - 1;

	return (sim_time)(t / (uint64_t)bytes_per_sec);
}

static uint64_t nr_sectors(const struct disk *disk)
{
	return (uint64_t)disk->conf.size / SECTOR_SIZE;
}

/* The rate at a place of the disk: it falls linearly from the first to the last sector. */
static int64_t bandwidth_at(const struct disk *disk, enum disk_op op, uint64_t sector)
{
	const struct disk_conf *c = &disk->conf;
	int64_t rate = op == DISK_READ ? c->read_bandwidth : c->write_bandwidth;

	if (c->zone_ratio == 100)
		return rate;

	uint64_t lost = mul_div_u64((uint64_t)rate * (uint64_t)(100 - c->zone_ratio) / 100,
				    min_u64(sector, nr_sectors(disk)), nr_sectors(disk));

	return max_s64(rate - (int64_t)lost, 1);
}

/* Time to bring the head from where it is to a request. */
static sim_time positioning(const struct disk *disk, const struct disk_request *rq)
{
	const struct disk_conf *c = &disk->conf;
	uint64_t head = disk->head_sector;

	if ((c->rpm == 0 && c->seek_full == 0) || rq->sector == head)
		return 0;
	if (rq->sector > head && rq->sector - head <= FORWARD_GAP_SECTORS)
		return bytes_time((rq->sector - head) * SECTOR_SIZE,
				  bandwidth_at(disk, rq->op, head));

	uint64_t distance = rq->sector > head ? rq->sector - head : head - rq->sector;
	uint64_t root = isqrt_u64(mul_div_u64(distance, 1 << 20, nr_sectors(disk)));
	sim_time half_turn = c->rpm ? 30 * NS_PER_SEC / (uint64_t)c->rpm : 0;

	return (uint64_t)c->seek_track + (uint64_t)(c->seek_full - c->seek_track) * root / 1024 +
	       half_turn;
}

static int earliest_channel(const struct disk *disk)
{
	int first = 0;

	for (int i = 1; i < disk->nr_channels; i++)
		if (disk->channel_free[i] < disk->channel_free[first])
			first = i;
	return first;
}

/* Bytes in the write cache at a time not before the last change. */
static uint64_t cache_content(const struct disk *disk, sim_time at)
{
	uint64_t drained = at <= disk->cache_at
			       ? 0
			       : mul_div_u64(at - disk->cache_at,
					     (uint64_t)disk->conf.drain_bandwidth, NS_PER_SEC);

	return disk->cache_used > drained ? disk->cache_used - drained : 0;
}

/*
 * Puts n bytes that could cross the link from *start on, in transfer ns, into
 * the write cache.  Waits for room first; what is larger than the cache goes on
 * at the rate at which it drains.  Returns when the last byte is in.
 */
static sim_time cache_accept(struct disk *disk, bytes_t n, sim_time start, sim_time transfer)
{
	uint64_t room = (uint64_t)disk->conf.cache;
	uint64_t kept = min_u64(n, room);
	uint64_t content = cache_content(disk, start);

	if (content + kept > room) {
		start += bytes_time(content + kept - room, disk->conf.drain_bandwidth);
		content = room - kept;
	}

	sim_time done =
	    start +
	    max_u64(transfer, n > room ? bytes_time(n - room, disk->conf.drain_bandwidth) : 0);

	disk->cache_used = content;
	disk->cache_at = start;
	disk->cache_used = min_u64(cache_content(disk, done) + kept, room);
	disk->cache_at = done;
	return done;
}

/* The two limits, as one bucket that leaks: how long a request of n bytes pays for. */
static sim_time limit_time(const struct disk_conf *c, bytes_t n)
{
	sim_time t = 0;

	if (c->bps_limit > 0)
		t = bytes_time(n, c->bps_limit);
	if (c->iops_limit > 0)
		t = max_u64(t, bytes_time(1, c->iops_limit));
	return t;
}

/*
 * Serves a request with the channel and the link that are free first.
 *
 * at       it is here since then
 * returns  when it is done
 *
 * The channel is held until then.
 */
static sim_time serve(struct disk *disk, const struct disk_request *rq, sim_time at)
{
	const struct disk_conf *c = &disk->conf;
	bytes_t n = rq->sectors * SECTOR_SIZE;
	bool write = rq->op == DISK_WRITE;
	sim_time *channel = &disk->channel_free[earliest_channel(disk)];
	sim_time *link = &disk->link_free[c->duplex && write];
	sim_time ready = max_u64(at, *channel);
	sim_time done;

	if (c->request_time >= 0) {
		*channel = ready + (uint64_t)c->request_time;
		return *channel;
	}
	ready += (uint64_t)(write ? c->write_latency : c->read_latency);
	if (!write || c->cache == 0)
		ready += positioning(disk, rq);

	sim_time start = max_u64(ready, *link);
	sim_time transfer = bytes_time(n, bandwidth_at(disk, rq->op, rq->sector));

	if (write && c->cache)
		done = cache_accept(disk, n, start, transfer);
	else
		done = start + transfer;

	sim_time owed = limit_time(c, n);

	*link = done;
	if (owed) {
		disk->limit_free = max_u64(disk->limit_free, ready) + owed;
		if (disk->limit_free > done + (uint64_t)c->burst)
			done = disk->limit_free - (uint64_t)c->burst;
	}
	*channel = done;
	disk->head_sector = rq->sector + rq->sectors;
	return done;
}

/* --- requests --- */

/* Of the requests that wait the one with least positioning, or one that waited too long. */
static struct disk_request *nearest_waiting(struct disk *disk)
{
	struct disk_request *best = NULL;
	sim_time best_time = 0;

	LIST_FOR_EACH (pos, &disk->waiting) {
		struct disk_request *rq = LIST_ENTRY(pos, struct disk_request, link);
		sim_time t = positioning(disk, rq);

		if (rq->passed_over >= MAX_PASSED_OVER)
			return rq;
		if (!best || t < best_time) {
			best = rq;
			best_time = t;
		}
	}
	return best;
}

static void complete(struct sim *s, struct event *e);

static void serve_next(struct disk *disk, sim_time now)
{
	struct disk_request *rq = nearest_waiting(disk);

	disk->served = rq;
	if (!rq)
		return;
	LIST_FOR_EACH (pos, &disk->waiting) {
		if (pos == &rq->link)
			break;
		LIST_ENTRY(pos, struct disk_request, link)->passed_over++;
	}
	list_del(&rq->link);
	event_schedule(disk->sim, &rq->event, serve(disk, rq, now), EVENT_IO, complete);
}

/* Brings the time with something in flight up to date. */
static void account(struct disk *disk, sim_time now)
{
	if (disk->stat.in_flight && now > disk->busy_since)
		disk->stat.io_ticks_ns += (int64_t)(now - disk->busy_since);
	disk->busy_since = max_u64(disk->busy_since, now);
}

static int injected_error(const struct disk *disk, const struct disk_request *rq)
{
	const struct disk_error_conf *e = disk->conf.errors.items;

	for (int i = 0; i < disk->conf.errors.n; i++)
		if ((e[i].on < 0 || e[i].on == (int64_t)rq->op) &&
		    rq->sector < (uint64_t)(e[i].start + e[i].sectors) &&
		    (uint64_t)e[i].start < rq->sector + rq->sectors)
			return -(int)e[i].error;
	return 0;
}

static void end_request(struct disk *disk, struct disk_request *rq)
{
	account(disk, disk->sim->now);
	disk->stat.in_flight--;
	switch (rq->op) {
	case DISK_READ:
		disk->stat.reads++;
		disk->stat.read_sectors += (int64_t)rq->sectors;
		break;
	case DISK_WRITE:
		disk->stat.writes++;
		disk->stat.write_sectors += (int64_t)rq->sectors;
		break;
	case DISK_FLUSH:
		disk->stat.flushes++;
		break;
	case NR_DISK_OPS:
		break;
	}
	if (rq->op != DISK_FLUSH)
		rq->error = injected_error(disk, rq);
	rq->done(disk, rq);
}

static void complete(struct sim *s, struct event *e)
{
	struct disk_request *rq = CONTAINER_OF(e, struct disk_request, event);
	struct disk *disk = rq->disk;

	if (rq == disk->served)
		serve_next(disk, s->now);
	end_request(disk, rq);
}

static void complete_flush(struct sim *s, struct event *e);

/* What the cache holds now has left it at the end of the flush. */
static void start_flush(struct disk *disk, struct disk_request *rq, sim_time now)
{
	sim_time drained = now;

	if (disk->conf.cache) {
		sim_time from = max_u64(now, disk->cache_at);

		drained = from + bytes_time(cache_content(disk, from), disk->conf.drain_bandwidth);
	}
	disk->flush = rq;
	event_schedule(disk->sim, &rq->event, drained + (uint64_t)disk->conf.flush_latency,
		       EVENT_IO, complete_flush);
}

/* Flushes that came while one ran are done by the next one, all together. */
static void complete_flush(struct sim *s, struct event *e)
{
	struct disk_request *rq = CONTAINER_OF(e, struct disk_request, event);
	struct disk *disk = rq->disk;
	struct list together;

	list_init(&together);
	while (!list_empty(&disk->flush_waiting)) {
		struct list *first = disk->flush_waiting.next;

		if (LIST_ENTRY(first, struct disk_request, link)->passed_over == 0)
			break;
		list_move_tail(first, &together);
	}
	disk->flush = NULL;
	if (!list_empty(&disk->flush_waiting)) {
		struct disk_request *next =
		    LIST_FIRST(&disk->flush_waiting, struct disk_request, link);

		list_del(&next->link);
		LIST_FOR_EACH (pos, &disk->flush_waiting)
			LIST_ENTRY(pos, struct disk_request, link)->passed_over = 1;
		start_flush(disk, next, s->now);
	}
	end_request(disk, rq);
	while (!list_empty(&together)) {
		struct disk_request *other = LIST_FIRST(&together, struct disk_request, link);

		list_del(&other->link);
		end_request(disk, other);
	}
}

void disk_issue(struct disk *disk, struct disk_request *rq)
{
	sim_time now = sim_now(disk->sim);

	SIM_ASSERT(disk->stat.in_flight < disk->conf.queue_depth);
	SIM_ASSERT(!event_scheduled(&rq->event));
	rq->disk = disk;
	rq->issued_at = now;
	rq->error = 0;
	rq->passed_over = 0;
	list_init(&rq->link);
	account(disk, now);
	disk->stat.in_flight++;

	if (rq->op == DISK_FLUSH) {
		if (disk->flush)
			list_add_tail(&rq->link, &disk->flush_waiting);
		else
			start_flush(disk, rq, now);
	} else if (disk->conf.native_queueing) {
		list_add_tail(&rq->link, &disk->waiting);
		if (!disk->served)
			serve_next(disk, now);
	} else {
		event_schedule(disk->sim, &rq->event, serve(disk, rq, now), EVENT_IO, complete);
	}
}

void disk_init(struct sim *s, struct disk *disk, const struct disk_conf *conf, int id)
{
	*disk = (struct disk){ .sim = s, .name = conf->name, .id = id };
	work_out(&disk->conf, conf);
	disk->nr_channels = (int)disk->conf.channels;
	disk->channel_free = sim_calloc((size_t)disk->nr_channels, sizeof(*disk->channel_free));
	list_init(&disk->waiting);
	list_init(&disk->flush_waiting);
}

void disk_free(struct disk *disk)
{
	sim_free(disk->channel_free);
}

/* --- tables --- */

/* clang-format off */
static const struct key_word preset_words[] = {
#define DISK_PRESET(name, written, meaning) { written, PRESET_##name, meaning },
#define DISK_ALIAS(name, written, meaning)  { written, PRESET_##name, meaning },
#define DISK_OF_PRESET(preset, param, value)
#include "models/hw/disk_presets.def"
#undef DISK_PRESET
#undef DISK_ALIAS
#undef DISK_OF_PRESET
	{ NULL, 0, NULL },
};

static const struct key_word disk_scheduler_words[] = {
	{ "none", DISK_SCHEDULER_NONE, "first come, first served" },
	{ "mq-deadline", DISK_SCHEDULER_MQ_DEADLINE, "by sector, reads first, nobody waits too long" },
	{ NULL, 0, NULL },
};

static const struct key_word error_op_words[] = {
	{ "read", DISK_READ, "only reads fail" },
	{ "write", DISK_WRITE, "only writes fail" },
	{ "both", -1, "reads and writes fail" },
	{ NULL, 0, NULL },
};

#define ERRORS_FIELD(f) offsetof(struct disk_error_conf, f)

static const struct key error_keys[] = {
	{ .name = "start", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(start),
	  .required = true, .meaning = "first sector (512 bytes) that fails" },
	{ .name = "sectors", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(sectors),
	  .def = "1", .min = 1, .max = INT64_MAX >> 10, .meaning = "how many sectors fail" },
	{ .name = "error", .type = KEY_INT, .unit = UNIT_COUNT, .offset = ERRORS_FIELD(error),
	  .def = "5", .min = 1, .max = 4095, .meaning = "number of the error: 5 is EIO, 28 ENOSPC" },
	{ .name = "on", .type = KEY_ENUM, .offset = ERRORS_FIELD(on), .def = "both",
	  .words = error_op_words, .meaning = "which requests fail" },
};

static const struct key_schema error_schema = {
	.name = "errors", .keys = error_keys, .nr_keys = ARRAY_LEN(error_keys),
	.size = sizeof(struct disk_error_conf), .seen = SIZE_MAX,
};

static const struct key disk_keys[] = {
	{ .name = "name", .type = KEY_NAME, .offset = offsetof(struct disk_conf, name),
	  .required = true, .meaning = "what files and tunables call the disk: sda" },
	{ .name = "preset", .type = KEY_ENUM, .offset = offsetof(struct disk_conf, preset),
	  .words = preset_words, .meaning = "a kind of disk whose parameters are known" },
#define DISK_PARAM(param_name, param_unit, default_value, param_min, param_max, text)              \
	{ .name = #param_name, .type = KEY_INT, .unit = UNIT_##param_unit,                         \
	  .offset = offsetof(struct disk_conf, param_name), .min = param_min, .max = param_max,    \
	  .meaning = text },
#define DISK_WORDS(param_name, param_words, text)                                                  \
	{ .name = #param_name, .type = KEY_ENUM,                                                   \
	  .offset = offsetof(struct disk_conf, param_name), .words = param_words, .meaning = text },
#include "models/hw/disk.def"
#undef DISK_PARAM
#undef DISK_WORDS
	{ .name = "errors", .type = KEY_LIST, .offset = offsetof(struct disk_conf, errors),
	  .sub = &error_schema, .meaning = "sectors whose requests end with an error" },
};

_Static_assert(ARRAY_LEN(disk_keys) == ROW_errors + 1, "disk_keys and enum disk_row differ");
_Static_assert(ARRAY_LEN(disk_keys) <= 64, "struct key_seen has 64 bits");

const struct key_schema disk_schema = {
	.name = "disk", .keys = disk_keys, .nr_keys = ARRAY_LEN(disk_keys),
	.size = sizeof(struct disk_conf), .seen = offsetof(struct disk_conf, seen),
};

/* clang-format on */
static const struct metric disk_metric_rows[] = {
#define DISK_METRIC(metric_name, metric_kind, metric_unit, text)                                   \
	{ #metric_name, METRIC_##metric_kind, UNIT_##metric_unit,                                  \
	  offsetof(struct disk_stat, metric_name), text },
#include "models/hw/metric.def"
#undef DISK_METRIC
};

static int disks_count(struct sim *s)
{
	const struct machine *m = s->machine;

	return m->nr_disks;
}

static const void *disk_stat_now(struct sim *s, int i)
{
	const struct machine *m = s->machine;

	account(&m->disks[i], sim_now(s));
	return &m->disks[i].stat;
}

static void disk_key(struct sim *s, int i, union metric_key_value *keys)
{
	const struct machine *m = s->machine;

	keys[0].text = m->disks[i].name;
}

const struct metric_object disk_metrics = {
	.name = "disk",
	.table = "disk_sample",
	.meaning = "a disk at a sample",
	.keys = { { "name", true, "of the disk" } },
	.nr_keys = 1,
	.rows = disk_metric_rows,
	.nr_rows = ARRAY_LEN(disk_metric_rows),
	.count = disks_count,
	.stat = disk_stat_now,
	.key = disk_key,
};
