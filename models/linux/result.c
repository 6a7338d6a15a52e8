/*
 * result.c - what can be read of the results of calls
 */
#include "models/linux/result.h"
#include "models/linux/alloc/buddy.h"

/* ---- pages ---- */

static uint32_t first_pfn(const struct sim *s, const struct result *r)
{
	return page_to_pfn(linux_vm(s), r->ptr);
}

static int64_t result_pfn(const struct sim *s, const struct result *r)
{
	return first_pfn(s, r);
}

static int64_t result_refcount(const struct sim *s, const struct result *r)
{
	(void)s;
	return ((const struct page *)r->ptr)->refcount;
}

static int64_t result_node(const struct sim *s, const struct result *r)
{
	return page_zone(linux_vm(s), r->ptr)->node->node_id;
}

static int64_t result_zone(const struct sim *s, const struct result *r)
{
	return page_zone(linux_vm(s), r->ptr)->idx;
}

static int64_t result_migratetype(const struct sim *s, const struct result *r)
{
	return get_pfnblock_flags_mask(linux_vm(s), first_pfn(s, r), 7);
}

/* ---- numbers ---- */

#define RESULT_OF(kind, name, unit, get, meaning)
#define RESULT_OUT(kind, name, unit, number, meaning)                                              \
	static int64_t out_##kind##_##name(const struct sim *s, const struct result *r)            \
	{                                                                                          \
		(void)s;                                                                           \
		return r->out[number];                                                             \
	}
#include "models/linux/result.def"
#undef RESULT_OF
#undef RESULT_OUT

const struct result_field linux_results[] = {
#define RESULT_OF(kind, name, unit, get, meaning) { #kind, #name, UNIT_##unit, get, meaning },
#define RESULT_OUT(kind, name, unit, number, meaning)                                              \
	{ #kind, #name, UNIT_##unit, out_##kind##_##name, meaning },
#include "models/linux/result.def"
};
