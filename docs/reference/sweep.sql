-- A merged sweep of mmsim (NAME.sweep.db): PRAGMA application_id 1835889527, user_version 1.
-- The views have a column for each key that was varied; here there are two.
CREATE TABLE "sweep" ( -- this sweep, one row
	"scenario" TEXT, -- name of the scenario
	"scenario_hash" TEXT, -- XXH64 of its text and of what it includes
	"personality" TEXT, -- the kernel that was simulated
	"version" TEXT, -- of mmsim
	"sources" TEXT, -- which sources that was built from: the beginning of their SHA-256
	"until_ns" INTEGER, -- ns: runs were told to stop then; NULL: when the scenario says
	"grid" INTEGER, -- combinations of all values
	"combinations" INTEGER, -- of these, how many belong to the sweep
	"seeds" INTEGER, -- points of each combination
	"points" INTEGER, -- all of them; table point has a row for each
	"done" INTEGER, -- points whose results are here
	"sort" TEXT, -- the figure that points were ranked by; NULL: there is none
	"descending" INTEGER, -- 1: the highest is the best
	"digest" TEXT -- XXH64 of the settings and results of all points in their order
);
CREATE TABLE "axis" ( -- a key that was set
	"axis" INTEGER, -- in the order in which values are written; the last one changes fastest
	"key" TEXT, -- vm.dirty_ratio; or a path into the scenario
	"unit" TEXT, -- of the numbers of its values
	"varies" INTEGER -- 1: it tells points apart; 0: it has one value, for all
);
CREATE TABLE "axis_value" ( -- a value that a key was given
	"axis" INTEGER, -- which
	"nr" INTEGER, -- from 1, as they were given
	"value" TEXT, -- as it was written
	"number" REAL -- in the unit of the axis; NULL: it is none
);
CREATE TABLE "point" ( -- a run: a combination of values, and a seed
	"point" INTEGER, -- from 1, in the order of the grid, seeds last
	"combination" INTEGER, -- from 1: points with the same one differ in their seed only
	"seed" INTEGER, -- of all random streams
	"key" TEXT, -- what its results are found by: XXH64 of all that they depend on
	"state" TEXT, -- finished; stopped: its tasks could not go on; refused: it cannot be run, see error; missing: not run so far
	"t_end_ns" INTEGER, -- ns: simulated time at the end
	"digest" TEXT, -- that mmsim run prints for the same settings
	"failures" INTEGER, -- expectations and asserts that failed, and what else makes exit code 1
	"error" TEXT -- why it was refused, or what failed; NULL: nothing did
);
CREATE TABLE "setting" ( -- what was set for a point
	"point" INTEGER, -- which
	"key" TEXT, -- in the order in which they were set: mmsim run --set KEY=VALUE
	"value" TEXT -- as it was written
);
CREATE TABLE "figure" ( -- a number that a run came to
	"point" INTEGER, -- which
	"name" TEXT, -- as mmsim compare has it
	"value" REAL, -- in its unit
	"unit" TEXT -- empty: a count
);
CREATE TABLE "expectation" ( -- what became of an expectation
	"point" INTEGER, -- which
	"nr" INTEGER, -- from 1, in the order of the scenario
	"passed" INTEGER, -- 1 or 0
	"text" TEXT -- what was expected; of one that failed by how much, and when
);
CREATE TABLE "scenario_file" ( -- a file that the scenario was read from
	"file" INTEGER, -- in the order of reading, the scenario itself is 0
	"name" TEXT, -- as written behind !include, without folders of the computer
	"text" TEXT -- of the file, long ones in several rows
);
CREATE INDEX setting_of ON setting (point, key);
CREATE INDEX figure_of ON figure (name, point);
CREATE VIEW "result" AS -- a row per point and figure, with all that was varied
	SELECT p.point, p.combination, p.seed,
	(SELECT s.value FROM setting AS s WHERE s.point = p.point AND s.key = 'vm.dirty_ratio') AS "vm.dirty_ratio",
	(SELECT s.value FROM setting AS s WHERE s.point = p.point AND s.key = 'vm.swappiness') AS "vm.swappiness",
	f.name AS figure, f.value, f.unit
	FROM point AS p JOIN figure AS f ON f.point = p.point;
CREATE VIEW "summary" AS -- a row per combination and figure: over its seeds
	SELECT g.combination,
	(SELECT s.value FROM setting AS s WHERE s.point = g.first AND s.key = 'vm.dirty_ratio') AS "vm.dirty_ratio",
	(SELECT s.value FROM setting AS s WHERE s.point = g.first AND s.key = 'vm.swappiness') AS "vm.swappiness",
	g.figure, g.unit, g.n, g.mean, g.least, g.greatest
	FROM (SELECT p.combination, min(p.point) AS first, f.name AS figure, f.unit,
	count(*) AS n, avg(f.value) AS mean, min(f.value) AS least, max(f.value) AS greatest
	FROM point AS p JOIN figure AS f ON f.point = p.point
	GROUP BY p.combination, f.name) AS g;
