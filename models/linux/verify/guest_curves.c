/*
 * guest_curves.c - how far a run is from the recorded one
 *
 * A run of a simulator cannot equal the real one point for point (CPU time and
 * the phase of interrupts differ): curves have a distance, and a largest one.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/verify/guest_case.h"

void guest_report(struct verify_case *c, const char *name, int64_t distance, int64_t largest)
{
	bool far = distance > largest;

	c->different |= far;
	c->compared = true;
	if (far || !c->o->quiet)
		printf("%s/%s  %-16s distance %" PRId64 ".%" PRId64 " %% (at most %" PRId64
		       " %%)%s\n",
		       c->family, c->name, name, distance / 10, distance % 10, largest / 10,
		       far ? ": too far" : "");
}

int64_t guest_relative(int64_t a, int64_t b)
{
	uint64_t d = (uint64_t)(a > b ? a - b : b - a);

	if (b <= 0)
		return d ? 1000 : 0;
	return (int64_t)div_round_up(d * 1000, (uint64_t)b);
}

int64_t guest_sample(const struct verify_case *c, const struct tsv *t, size_t row,
		     const char *column)
{
	const struct yaml_node *constant = yaml_get(c->yaml, "constant_in_samples");
	int64_t v = tsv_int(t, row, column);

	if (v == TSV_NONE && !(constant && verify_number(yaml_get(constant, column), &v)))
		v = 0;
	return v;
}

static int64_t time_of(const void *sample, size_t i, size_t bytes)
{
	int64_t t_us;

	memcpy(&t_us, (const char *)sample + i * bytes, sizeof(t_us));
	return t_us;
}

const void *guest_sample_near(const void *sample, size_t nr, size_t bytes, int64_t t_us)
{
	size_t i = 0;

	while (i + 1 < nr &&
	       time_of(sample, i + 1, bytes) - t_us <= t_us - time_of(sample, i, bytes))
		i++;
	return (const char *)sample + i * bytes;
}

void guest_curve_add(struct guest_curve *c, int64_t computed, int64_t recorded)
{
	int64_t d = computed - recorded;

	c->squares += (uint64_t)(d * d);
	c->sum += (uint64_t)recorded;
	c->n++;
}

int64_t guest_curve_distance(const struct guest_curve *c, uint64_t scale)
{
	return c->n && scale ? (int64_t)div_round_up(isqrt_u64(c->squares / c->n) * 1000, scale)
			     : 0;
}
