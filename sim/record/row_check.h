/*
 * row_check.h - whether a run gives the rows that a results file has
 *
 * Every row of the run is compared with the next one of its table, value by
 * value.  A file whose run was killed may end early.
 */
#ifndef MMSIM_RECORD_ROW_CHECK_H
#define MMSIM_RECORD_ROW_CHECK_H

#include "sim/record/db.h"

struct row_check;

/* db: borrowed.  may_end: it is no difference if the file has no more rows. */
struct row_check *row_check_new(struct db *db, bool may_end);
/* Rows as in row.h, of tables of the schema; false at the first difference and from then on. */
bool row_check(struct row_check *c, const struct schema *schema, const uint8_t *bytes, size_t len);
/* "zone_sample, row 7 at 1.2 s: nr_free_pages is 5 here and 6 there"; NULL: all rows were equal. */
const char *row_check_difference(const struct row_check *c);
void row_check_free(struct row_check *c);
#endif
