/*
 * gfp.h - what a caller of the page allocator wants and allows
 *
 * Like:        Linux 6.1, include/linux/gfp_types.h: bits and combinations
 * Left out:    KASAN and lockdep bits (0 in the reference configuration)
 */
#ifndef MMSIM_LINUX_GFP_H
#define MMSIM_LINUX_GFP_H

#include "sim/sim.h"

typedef uint32_t gfp_t;

#define __GFP_DMA            0x01u
#define __GFP_HIGHMEM        0x02u
#define __GFP_DMA32          0x04u
#define __GFP_MOVABLE        0x08u
#define __GFP_RECLAIMABLE    0x10u
#define __GFP_HIGH           0x20u
#define __GFP_IO             0x40u
#define __GFP_FS             0x80u
#define __GFP_ZERO           0x100u
#define __GFP_ATOMIC         0x200u
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE          0x1000u
#define __GFP_NOWARN         0x2000u
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL         0x8000u
#define __GFP_NORETRY        0x10000u
#define __GFP_MEMALLOC       0x20000u
#define __GFP_COMP           0x40000u
#define __GFP_NOMEMALLOC     0x80000u
#define __GFP_HARDWALL       0x100000u
#define __GFP_THISNODE       0x200000u
#define __GFP_ACCOUNT        0x400000u
#define __GFP_ZEROTAGS       0x800000u
#define __GFP_RECLAIM        (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC           (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL           (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT           (__GFP_KSWAPD_RECLAIM)
#define GFP_NOIO             (__GFP_RECLAIM)
#define GFP_NOFS             (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER             (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA              __GFP_DMA
#define GFP_DMA32            __GFP_DMA32
#define GFP_HIGHUSER         (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_TRANSHUGE_LIGHT                                                                        \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

/* Names of all bits and combinations, for scenarios and texts. */
extern const struct key_word gfp_words[];

enum zone_type {
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_MOVABLE,
	ZONE_DEVICE,
	MAX_NR_ZONES,
};

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES, /* types that have per-CPU lists */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_ISOLATE,
	MIGRATE_CMA, /* only with linux.cma; what numbers users see: migratetype_number() */
	MIGRATE_TYPES,
};

extern const char *const migratetype_names[MIGRATE_TYPES];

/* Highest zone a mask allows; -1 for an invalid combination of zone bits. */
static inline int gfp_zone(gfp_t gfp)
{
	enum { D = ZONE_DMA, D32 = ZONE_DMA32, N = ZONE_NORMAL, M = ZONE_MOVABLE };

	/* by __GFP_DMA, __GFP_HIGHMEM and __GFP_DMA32, of which there may be one; with
	 * __GFP_MOVABLE behind that */
	static const int8_t zones[16] = {
		N, D, N, -1, D32, -1, -1, -1, N, D, M, -1, D32, -1, -1, -1
	};

	return zones[gfp & (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE)];
}

/* Migratetype of a mask, whatever grouping says; 3 for both bits (a bug of the caller). */
static inline int gfp_migratetype(gfp_t gfp)
{
	return (gfp >> 3) & 3;
}

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

/* "GFP_KERNEL|__GFP_ZERO": the combination with most bits first, then the rest. */
void gfp_print(struct str *out, gfp_t gfp);
#endif
