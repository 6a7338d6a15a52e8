/*
 * script_kinds.c - kinds of scripts: on what machines, with what taste
 */
#include "script.h"

#include <stddef.h>

/* --- machines --- */

#define PC        "pc"
#define WITH_HIGH "pc,max-ram-below-4g=256M" /* what is more lies in the zone Normal */
#define LOW       256

static const struct machine one_zone[] = {
	{ PC, 1, "", "", 1, 256, 0 },
	{ PC, 1, "", "", 1, 512, 0 },
	{ PC, 1, "", "", 1, 320, 0 },
	{ 0 },
};

static const struct machine normal_zone[] = {
	{ WITH_HIGH, 1, "", "", 1, 384, LOW },
	{ WITH_HIGH, 1, "", "", 1, 640, LOW },
	{ 0 },
};

static const struct machine movable_zone[] = {
	{ WITH_HIGH, 1, "", "movablecore=96M", 1, 512, LOW },
	{ PC, 1, "", "movablecore=128M", 1, 384, 0 },
	{ PC, 1, "", "kernelcore=200M", 1, 512, 0 },
	{ WITH_HIGH, 1, "320M:0 320M", "movablecore=200M", 2, 640, LOW },
	{ 0 },
};

static const struct machine for_ranges[] = {
	{ PC, 1, "", "", 1, 256, 0 },
	{ PC, 1, "", "", 1, 512, 0 },
	{ WITH_HIGH, 1, "", "", 1, 384, LOW },
	{ WITH_HIGH, 1, "", "movablecore=96M", 1, 512, LOW },
	{ PC, 1, "", "movablecore=128M", 1, 384, 0 },
	{ WITH_HIGH, 1, "320M:0 320M", "movablecore=200M", 2, 640, LOW },
	{ 0 },
};

static const struct machine some_nodes[] = {
	{ PC, 1, "320M:0 320M", "", 2, 640, 0 },
	{ PC, 1, "192M:0 256M 128M", "", 3, 576, 0 },
	{ WITH_HIGH, 1, "160M:0 160M 160M 160M", "", 4, 640, LOW },
	{ WITH_HIGH, 1, "128M 384M:0", "", 2, 512, LOW },
	{ 0 },
};

static const struct machine some_cpus[] = {
	{ PC, 2, "", "", 1, 512, 0 },
	{ PC, 4, "", "", 1, 384, 0 },
	{ WITH_HIGH, 3, "", "", 1, 512, LOW },
	{ 0 },
};

static const struct machine cpus_and_nodes[] = {
	{ PC, 2, "256M:0 256M:1", "", 2, 512, 0 },
	{ PC, 3, "256M:0 256M:1+2", "", 2, 512, 0 },
	{ WITH_HIGH, 4, "128M:0 128M:1 128M:2 128M:3", "", 4, 512, LOW },
	{ PC, 3, "256M:0 256M:1 0M:2", "", 3, 512, 0 },
	{ 0 },
};

static const struct machine all_machines[] = {
	{ PC, 1, "", "", 1, 256, 0 },
	{ PC, 1, "", "", 1, 128, 0 },
	{ WITH_HIGH, 1, "", "", 1, 512, LOW },
	{ WITH_HIGH, 2, "", "movablecore=96M", 1, 512, LOW },
	{ WITH_HIGH, 1, "320M:0 320M", "", 2, 640, LOW },
	{ WITH_HIGH, 2, "192M:0 256M:1 192M", "movablecore=128M", 3, 640, LOW },
	{ PC, 4, "256M:0+1 256M:2+3", "", 2, 512, 0 },
	{ PC, 3, "256M:0 256M:1 0M:2", "", 3, 512, 0 },
	{ 0 },
};

static const struct machine large[] = {
	{ PC, 1, "", "", 1, 2048, 0 },
	{ PC, 1, "", "", 1, 5120, 3072 },
	{ PC, 1, "2G:0 3G", "movablecore=1G", 2, 5120, 3072 },
	{ 0 },
};

/* --- tastes --- */

/* These may sleep, and are asked for where there is plenty. */
static const uint32_t plain[] = { 0xcc0,   0x100cca, 0xcd0,  0xa20,    0xc50,
				  0x40cc0, 0x100cca, 0x2800, 0x100cc2, 0 };
/* Those without direct reclaim, by how deep into the reserves they may go. */
static const uint32_t reserves[] = { 0x2800,  0x2820,  0x2a20,  0x2a20, 0x2020, 0x22800,
				     0x82800, 0x82820, 0x82a20, 0x2808, 0x2220, 0 };
static const uint32_t atomic[] = { 0x2a20, 0x2a20, 0x2a20, 0x82800, 0x2808, 0x2a30, 0x2a28, 0 };
static const uint32_t zones[] = { 0x2800, 0x2801, 0x2804, 0x2a20, 0x1028ca, 0x1028c2,
				  0x2a21, 0x2a24, 0x280c, 0x2809, 0x2814,   0 };
static const uint32_t nodes[] = { 0x2800, 0x2808,   0x202800, 0x202810, 0x202a20,
				  0x2a20, 0x282808, 0x1028ca, 0x202808, 0 };

/* Nobody wakes kswapd: with interrupts on it would run. */
static const uint32_t quiet[] = { 0x2000,  0x2008,   0x2010,   0x2220,  0x2001,   0x2004,  0x42000,
				  0x42008, 0x102002, 0x10200a, 0x82000, 0x102008, 0x22000, 0 };

static const struct taste tastes[] = {
	{ plain, { 30, 10, 8, 6 }, .most = 35, .wander = 4, .run = 5, .thin = 2 },
	{ NULL,
	  { 30, 10, 8, 6, 4, 4, 3, 3, 2, 6, 2, 1, 1 },
	  .most = 70,
	  .wander = 5,
	  .run = 3,
	  .thin = 2 },
	{ NULL,
	  { 30, 10, 8, 6, 4, 4, 3, 3, 2, 4, 2 },
	  .most = 110,
	  .wander = 2,
	  .thin = 3,
	  .set_type = 6 },
	{ reserves, { 30, 10, 8, 6, 4, 2, 1 }, .most = 110, .wander = 4, .exhaust = 4, .thin = 1 },
	{ atomic,
	  { 10, 10, 8, 6, 4, 4, 2, 1 },
	  .most = 110,
	  .wander = 3,
	  .exhaust = 4,
	  .run = 2,
	  .thin = 2 },
	{ zones,
	  { 30, 10, 8, 6, 4, 2, 1, 1, 1, 2, 1 },
	  .most = 110,
	  .wander = 4,
	  .exhaust = 3,
	  .run = 2,
	  .thin = 2 },
	{ nodes,
	  { 30, 10, 8, 6, 4, 2, 1, 1, 1, 2, 1 },
	  .nodes = true,
	  .most = 110,
	  .wander = 4,
	  .exhaust = 3,
	  .run = 2,
	  .thin = 2 },
	{ NULL,
	  { 30, 10, 8, 6, 4, 2, 1, 1, 1, 3, 1 },
	  .nodes = true,
	  .most = 80,
	  .wander = 5,
	  .run = 4,
	  .thin = 1 },
	{ NULL,
	  { 20, 10, 8, 6, 4, 2, 1 },
	  .exact = 40,
	  .bulk = 25,
	  .split = 25,
	  .nodes = true,
	  .most = 90,
	  .wander = 6,
	  .run = 1,
	  .exhaust = 1,
	  .thin = 1 },
	{ quiet,
	  { 20, 10, 8, 6, 4, 4, 2, 1, 1, 1 },
	  .exact = 6,
	  .bulk = 2,
	  .split = 4,
	  .bits = 10,
	  .contig = 12,
	  .most = 40,
	  .wander = 6,
	  .run = 1 },
	{ NULL,
	  { 20, 10, 8, 6, 4, 4, 2, 1, 1, 1 },
	  .bits = 40,
	  .most = 90,
	  .wander = 5,
	  .run = 2,
	  .set_type = 1,
	  .thin = 1 },
	{ NULL,
	  { 30, 10, 8, 6, 4, 4, 2, 2, 2, 4, 2, 1, 1 },
	  .exact = 8,
	  .bulk = 6,
	  .split = 6,
	  .bits = 4,
	  .nodes = true,
	  .most = 110,
	  .wander = 5,
	  .run = 3,
	  .exhaust = 2,
	  .thin = 2,
	  .set_type = 2 },
};

const struct kind kinds[] = {
	{ "plain", one_zone, &tastes[0], 3, false },
	{ "orders", one_zone, &tastes[1], 2, true },
	{ "steal", one_zone, &tastes[2], 2, true },
	{ "nofragment", normal_zone, &tastes[2], 2, true },
	{ "reserves", one_zone, &tastes[3], 2, true },
	{ "highatomic", normal_zone, &tastes[4], 2, true },
	{ "zones", normal_zone, &tastes[5], 3, true },
	{ "movable-zone", movable_zone, &tastes[5], 2, true },
	{ "nodes", some_nodes, &tastes[6], 2, true },
	{ "cpus", some_cpus, &tastes[7], 2, true },
	{ "cpus-nodes", cpus_and_nodes, &tastes[6], 2, true },
	{ "exact", one_zone, &tastes[8], 2, true },
	{ "contig", for_ranges, &tastes[9], 2, false },
	{ "bits", one_zone, &tastes[10], 2, true },
	{ "all", all_machines, &tastes[11], 3, true },
	{ "large", large, &tastes[11], 2, true },
	{ 0 },
};
