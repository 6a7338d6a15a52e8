/* cache.h - calls on files, for groups that have other calls as well */
#ifndef MMSIM_TESTS_GUEST_API_CACHE_H
#define MMSIM_TESTS_GUEST_API_CACHE_H

#include "calls.h"

#define CACHE_COLUMNS                                                                              \
	"open file path shown_pages = result.  Calls on files: CALL file arguments... = result "   \
	"i_size nrpages states",                                                                   \
	    "states: one letter a page from index 0: . none, n not up to date, u clean, d dirty, " \
	    "w under writeback,",                                                                  \
	    "b both; capital: mapped into a process.  write file byte count: all bytes of page i " \
	    "become i + 1;",                                                                       \
	    "bytes file page = zero bytes of the cached page, - if not cached"

extern const struct call cache_calls[];
int cache_start(void);
struct file *cache_file(u64 i); /* NULL: not open */

#endif
