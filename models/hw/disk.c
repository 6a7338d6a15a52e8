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
#include "models/hw/disk_faults.h"
#include "models/hw/machine.h"

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

/* Time to move the head over so many sectors. */
static sim_time seek_time(const struct disk *disk, uint64_t sectors)
{
	const struct disk_conf *c = &disk->conf;
	uint64_t root = isqrt_u64(mul_div_u64(sectors, 1 << 20, nr_sectors(disk)));

	return (uint64_t)c->seek_track + (uint64_t)(c->seek_full - c->seek_track) * root / 1024;
}

/*
 * How long a place takes to come round when the head is on its track: between
 * nothing and a turn, half of one on average, and always the same for the same
 * two places.  How the angles of sectors follow from their numbers (skew,
 * spares, zones) no disk tells, so they are mixed.
 */
static sim_time rotation(sim_time turn, uint64_t from, uint64_t to)
{
	uint64_t mix = (from ^ (to << 32 | to >> 32)) * 0x9e3779b97f4a7c15ULL;

	mix = (mix ^ mix >> 32) * 0xd6e8feb86659fd93ULL;
	return mul_div_u64(turn, mix >> 32, 1ULL << 32);
}

/*
 * Time to bring the head from where it is to a request.
 *
 * What lies ahead comes by itself: the sectors between pass under the head, if
 * moving is not quicker.  What lies closely behind has just passed, and comes
 * again when the turn is complete.  Writes into a cache need no head.
 */
static sim_time positioning(const struct disk *disk, const struct disk_request *rq)
{
	const struct disk_conf *c = &disk->conf;
	uint64_t head = disk->head_sector;

	if ((c->rpm == 0 && c->seek_full == 0) || (rq->op == DISK_WRITE && c->cache))
		return 0;

	bool ahead = rq->sector >= head;
	uint64_t distance = ahead ? rq->sector - head : head - rq->sector;
	sim_time passing = bytes_time(distance * SECTOR_SIZE, bandwidth_at(disk, rq->op, head));
	sim_time turn = c->rpm ? 60 * NS_PER_SEC / (uint64_t)c->rpm : 0;
	sim_time seek = seek_time(disk, distance);

	if (ahead && passing <= seek + turn / 2)
		return passing;
	if (!ahead && turn >= passing + seek + turn / 2)
		return turn - passing;
	return seek + rotation(turn, head, rq->sector);
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
	ready += (uint64_t)(write ? c->write_latency : c->read_latency) + positioning(disk, rq);

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

/*
 * Of the requests that wait the one to serve now: shortest positioning time
 * first, aged.
 *
 * The way to a request is lost for all n that wait, n times positioning in
 * sum; what the request itself has waited is taken off, by age_weight.  So
 * nobody is passed over by one that came more than queue_depth times the
 * longest way after it, and among a few a far request goes when it has waited
 * a few times its way.
 */
static struct disk_request *next_waiting(struct disk *disk, sim_time now)
{
	struct disk_request *best = NULL;
	int64_t n = 0, best_cost = 0;

	LIST_FOR_EACH (pos, &disk->waiting)
		n++;
	LIST_FOR_EACH (pos, &disk->waiting) {
		struct disk_request *rq = LIST_ENTRY(pos, struct disk_request, link);
		int64_t cost = n * (int64_t)positioning(disk, rq) -
			       (int64_t)(now - rq->issued_at) * disk->conf.age_weight / 100;

		if (!best || cost < best_cost) {
			best = rq;
			best_cost = cost;
		}
	}
	return best;
}

static void complete(struct sim *s, struct event *e);

/* The request will be done at a time of the device's own clock. */
static void schedule_done(struct disk *disk, struct disk_request *rq, sim_time done, sim_time now)
{
	event_schedule(disk->sim, &rq->event, disk_time_ends(disk, now, done), EVENT_IO, complete);
}

static void serve_next(struct disk *disk, sim_time now)
{
	struct disk_request *rq = next_waiting(disk, now);

	disk->served = rq;
	if (!rq)
		return;
	list_del(&rq->link);
	schedule_done(disk, rq, serve(disk, rq, disk_time(disk, now)), now);
}

/* Brings the time with something in flight up to date. */
static void account(struct disk *disk, sim_time now)
{
	if (disk->stat.in_flight && now > disk->busy_since)
		disk->stat.io_ticks_ns += (int64_t)(now - disk->busy_since);
	disk->busy_since = max_u64(disk->busy_since, now);
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
	rq->error = disk_injected_error(disk, rq, disk->sim->now);
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
	sim_time at = disk_time(disk, now), drained = at;

	if (disk->conf.cache) {
		sim_time from = max_u64(at, disk->cache_at);

		drained = from + bytes_time(cache_content(disk, from), disk->conf.drain_bandwidth);
	}
	disk->flush = rq;
	drained += (uint64_t)disk->conf.flush_latency;
	event_schedule(disk->sim, &rq->event, disk_time_ends(disk, now, drained), EVENT_IO,
		       complete_flush);
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

		if (!LIST_ENTRY(first, struct disk_request, link)->joined)
			break;
		list_move_tail(first, &together);
	}
	disk->flush = NULL;
	if (!list_empty(&disk->flush_waiting)) {
		struct disk_request *next =
		    LIST_FIRST(&disk->flush_waiting, struct disk_request, link);

		list_del(&next->link);
		LIST_FOR_EACH (pos, &disk->flush_waiting)
			LIST_ENTRY(pos, struct disk_request, link)->joined = true;
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
	rq->joined = false;
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
		schedule_done(disk, rq, serve(disk, rq, disk_time(disk, now)), now);
	}
}

void disk_init(struct sim *s, struct disk *disk, const struct disk_conf *conf, int id)
{
	*disk = (struct disk){ .sim = s, .name = conf->name, .id = id };
	disk_work_out(&disk->conf, conf);
	disk->nr_channels = (int)disk->conf.channels;
	disk->channel_free = sim_calloc((size_t)disk->nr_channels, sizeof(*disk->channel_free));
	disk->error_state = sim_calloc((size_t)disk->conf.errors.n, sizeof(*disk->error_state));
	list_init(&disk->waiting);
	list_init(&disk->flush_waiting);
}

void disk_free(struct disk *disk)
{
	sim_free(disk->channel_free);
	sim_free(disk->error_state);
}

/* --- tables --- */

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
	disk_time(&m->disks[i], sim_now(s)); /* counts stalls */
	if (m->disks[i].update_stat)
		m->disks[i].update_stat(&m->disks[i], m->disks[i].update_arg);
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
