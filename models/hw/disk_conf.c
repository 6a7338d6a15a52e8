/*
 * disk_conf.c - parameters of a disk: presets, what the user wrote, and the rest
 *
 * A parameter is looked for in this order: what the scenario says, what the
 * preset says, what follows from other parameters.
 */
#include <inttypes.h>
#include "models/hw/disk_faults.h"
#include "models/hw/machine.h"

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
	ROW_stalls,
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
	return key_is_written(&conf->seen, row);
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
	default_to(&c->age_weight, 100);
	default_to(&c->memory_backed, 0);
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

void disk_work_out(struct disk_conf *out, const struct disk_conf *conf)
{
	struct disk_conf user = *conf;

	*out = (struct disk_conf){ .name = conf->name,
				   .errors = conf->errors,
				   .stalls = conf->stalls };
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

void disk_check(struct diag *d, const struct disk_conf *conf, int nr_nodes)
{
	struct disk_conf c;

	disk_work_out(&c, conf);
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
	if (given(conf, ROW_node) && conf->node >= nr_nodes)
		diag_error(d, place_of(conf, ROW_node),
			   "disks: no node %" PRId64 "; accepted: at most %d, or -1: none",
			   conf->node, nr_nodes - 1);
	disk_faults_check(d, conf, (bytes_t)c.size, place_of(conf, ROW_errors),
			  place_of(conf, ROW_stalls));
}

/* --- keys --- */

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
	  .sub = &disk_error_schema, .meaning = "requests that end with an error" },
	{ .name = "stalls", .type = KEY_LIST, .offset = offsetof(struct disk_conf, stalls),
	  .sub = &disk_stall_schema, .meaning = "times in which the disk gets nothing done" },
};

_Static_assert(ARRAY_LEN(disk_keys) == ROW_stalls + 1, "disk_keys and enum disk_row differ");
_Static_assert(ARRAY_LEN(disk_keys) <= KEYS_SEEN_MAX, "struct key_seen has no room");

const struct key_schema disk_schema = {
	.name = "disk", .keys = disk_keys, .nr_keys = ARRAY_LEN(disk_keys),
	.size = sizeof(struct disk_conf), .seen = offsetof(struct disk_conf, seen),
};

/* clang-format on */
