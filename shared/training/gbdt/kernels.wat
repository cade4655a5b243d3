;; The loops over rows of the gbdt trainer. `npm run kernels` assembles them into kernels-binary.ts.
;;
;; All of them work on one shared memory whose map is in arena.ts; addresses are bytes. A record is one row as a tree sees it:
;; gradient and second derivative as two 32-bit integers, then a byte a feature, padded to a multiple of 16 bytes. Beside each record
;; stands the number of its row (an "id"), 4 bytes. Histograms hold pairs of 64-bit floats, 16 bytes a bin.
(module
  (import "arena" "memory" (memory 1 65536 shared))

  ;; Writes first, first + 1, .. into [ids, idsEnd).
  (func (export "number") (param $ids i32) (param $idsEnd i32) (param $first i32)
    (block $done
      (br_if $done (i32.ge_u (local.get $ids) (local.get $idsEnd)))
      (loop $row
        (i32.store (local.get $ids) (local.get $first))
        (local.set $first (i32.add (local.get $first) (i32.const 1)))
        (br_if $row
          (i32.lt_u (local.tee $ids (i32.add (local.get $ids) (i32.const 4))) (local.get $idsEnd))))))

  ;; Makes the records of the rows whose ids stand in [ids, idsEnd): gradients from `gradients`, bins from `bins`, `width` bytes a row.
  (func (export "load")
    (param $ids i32) (param $idsEnd i32) (param $gradients i32) (param $bins i32) (param $width i32)
    (param $records i32) (param $stride i32)
    (local $id i32) (local $from i32) (local $to i32) (local $end i32)
    (block $done
      (br_if $done (i32.ge_u (local.get $ids) (local.get $idsEnd)))
      (loop $row
        (local.set $id (i32.load (local.get $ids)))
        (i64.store (local.get $records)
          (i64.load (i32.add (local.get $gradients) (i32.shl (local.get $id) (i32.const 3)))))
        (local.set $from (i32.add (local.get $bins) (i32.mul (local.get $id) (local.get $width))))
        (local.set $to (i32.add (local.get $records) (i32.const 8)))
        (local.set $end (i32.add (local.get $to) (local.get $width)))
        (loop $word
          (i64.store (local.get $to) (i64.load (local.get $from)))
          (local.set $from (i32.add (local.get $from) (i32.const 8)))
          (br_if $word (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 8))) (local.get $end))))
        (local.set $records (i32.add (local.get $records) (local.get $stride)))
        (br_if $row
          (i32.lt_u (local.tee $ids (i32.add (local.get $ids) (i32.const 4))) (local.get $idsEnd))))))

  ;; Adds the records [records, end) to a histogram: the eight features whose bins stand `at` bytes into a record. `bases` holds where
  ;; those features' bins begin in a histogram, in bytes. Integers times the units are what is summed; arena.ts says why that is exact.
  (func (export "histogram")
    (param $records i32) (param $end i32) (param $stride i32) (param $at i32)
    (param $histogram i32) (param $bases i32) (param $gradientUnit f64) (param $hessianUnit f64)
    (local $units v128) (local $pair v128) (local $bins i32) (local $bin i32)
    (local $base0 i32) (local $base1 i32) (local $base2 i32) (local $base3 i32)
    (local $base4 i32) (local $base5 i32) (local $base6 i32) (local $base7 i32)
    (local.set $units (f64x2.replace_lane 1 (f64x2.splat (local.get $gradientUnit)) (local.get $hessianUnit)))
    (local.set $base0 (i32.add (local.get $histogram) (i32.load offset=0 (local.get $bases))))
    (local.set $base1 (i32.add (local.get $histogram) (i32.load offset=4 (local.get $bases))))
    (local.set $base2 (i32.add (local.get $histogram) (i32.load offset=8 (local.get $bases))))
    (local.set $base3 (i32.add (local.get $histogram) (i32.load offset=12 (local.get $bases))))
    (local.set $base4 (i32.add (local.get $histogram) (i32.load offset=16 (local.get $bases))))
    (local.set $base5 (i32.add (local.get $histogram) (i32.load offset=20 (local.get $bases))))
    (local.set $base6 (i32.add (local.get $histogram) (i32.load offset=24 (local.get $bases))))
    (local.set $base7 (i32.add (local.get $histogram) (i32.load offset=28 (local.get $bases))))
    (block $done
      (br_if $done (i32.ge_u (local.get $records) (local.get $end)))
      (loop $row
        (local.set $pair
          (f64x2.mul (f64x2.convert_low_i32x4_s (v128.load64_zero (local.get $records))) (local.get $units)))
        (local.set $bins (i32.add (local.get $records) (local.get $at)))
        (local.set $bin (i32.add (local.get $base0) (i32.shl (i32.load8_u offset=0 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base1) (i32.shl (i32.load8_u offset=1 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base2) (i32.shl (i32.load8_u offset=2 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base3) (i32.shl (i32.load8_u offset=3 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base4) (i32.shl (i32.load8_u offset=4 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base5) (i32.shl (i32.load8_u offset=5 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base6) (i32.shl (i32.load8_u offset=6 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (local.set $bin (i32.add (local.get $base7) (i32.shl (i32.load8_u offset=7 (local.get $bins)) (i32.const 4))))
        (v128.store (local.get $bin) (f64x2.add (v128.load (local.get $bin)) (local.get $pair)))
        (br_if $row
          (i32.lt_u (local.tee $records (i32.add (local.get $records) (local.get $stride))) (local.get $end))))))

  ;; Moves the records [records, end) and their ids: those whose bin (`at` bytes into the record) is marked in the 256 bytes at `goes`
  ;; upward from `left`, the others downward from the last place of a stretch, `right`. Returns the end of the left ids.
  ;; Where a record goes is computed, not branched on: it cannot be predicted.
  (func (export "partition")
    (param $records i32) (param $end i32) (param $stride i32) (param $at i32) (param $goes i32)
    (param $left i32) (param $right i32) (param $ids i32) (param $leftIds i32) (param $rightIds i32)
    (result i32)
    (local $isLeft i32) (local $mask i32) (local $to i32) (local $from i32) (local $stop i32)
    (local $id i32) (local $record v128)
    (block $done
      (br_if $done (i32.ge_u (local.get $records) (local.get $end)))
      ;; Records of one block are written to both ends, and one of the two is written over by the next: the quickest way.
      (if (i32.eq (local.get $stride) (i32.const 16))
        (then
          (loop $short
            (local.set $isLeft
              (i32.load8_u (i32.add (local.get $goes) (i32.load8_u (i32.add (local.get $records) (local.get $at))))))
            (local.set $id (i32.load (local.get $ids)))
            (local.set $record (v128.load (local.get $records)))
            (i32.store (local.get $leftIds) (local.get $id))
            (i32.store (local.get $rightIds) (local.get $id))
            (v128.store (local.get $left) (local.get $record))
            (v128.store (local.get $right) (local.get $record))
            (local.set $left (i32.add (local.get $left) (i32.shl (local.get $isLeft) (i32.const 4))))
            (local.set $leftIds (i32.add (local.get $leftIds) (i32.shl (local.get $isLeft) (i32.const 2))))
            (local.set $isLeft (i32.sub (i32.const 1) (local.get $isLeft)))
            (local.set $right (i32.sub (local.get $right) (i32.shl (local.get $isLeft) (i32.const 4))))
            (local.set $rightIds (i32.sub (local.get $rightIds) (i32.shl (local.get $isLeft) (i32.const 2))))
            (local.set $ids (i32.add (local.get $ids) (i32.const 4)))
            (br_if $short
              (i32.lt_u (local.tee $records (i32.add (local.get $records) (i32.const 16))) (local.get $end))))
          (br $done)))
      (loop $row
        (local.set $isLeft
          (i32.load8_u (i32.add (local.get $goes) (i32.load8_u (i32.add (local.get $records) (local.get $at))))))
        (i32.store
          (select (local.get $leftIds) (local.get $rightIds) (local.get $isLeft))
          (i32.load (local.get $ids)))
        (local.set $to (select (local.get $left) (local.get $right) (local.get $isLeft)))
        (local.set $from (local.get $records))
        (local.set $stop (i32.add (local.get $records) (local.get $stride)))
        (loop $block
          (v128.store (local.get $to) (v128.load (local.get $from)))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (br_if $block (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 16))) (local.get $stop))))
        (local.set $mask (i32.sub (i32.const 0) (local.get $isLeft)))
        (local.set $left (i32.add (local.get $left) (i32.and (local.get $stride) (local.get $mask))))
        (local.set $leftIds (i32.add (local.get $leftIds) (i32.and (i32.const 4) (local.get $mask))))
        (local.set $mask (i32.xor (local.get $mask) (i32.const -1)))
        (local.set $right (i32.sub (local.get $right) (i32.and (local.get $stride) (local.get $mask))))
        (local.set $rightIds (i32.sub (local.get $rightIds) (i32.and (i32.const 4) (local.get $mask))))
        (local.set $ids (i32.add (local.get $ids) (i32.const 4)))
        (br_if $row (i32.lt_u (local.tee $records (local.get $stop)) (local.get $end)))))
    (local.get $leftIds))

  ;; Pairs at `to` += pairs at `from`, up to `end` of `to`.
  (func (export "add") (param $to i32) (param $end i32) (param $from i32)
    (block $done
      (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
      (loop $pair
        (v128.store (local.get $to) (f64x2.add (v128.load (local.get $to)) (v128.load (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br_if $pair (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 16))) (local.get $end))))))

  ;; Pairs at `to` -= pairs at `from`, up to `end` of `to`.
  (func (export "subtract") (param $to i32) (param $end i32) (param $from i32)
    (block $done
      (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
      (loop $pair
        (v128.store (local.get $to) (f64x2.sub (v128.load (local.get $to)) (v128.load (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br_if $pair (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 16))) (local.get $end))))))

  ;; Adds a leaf's value to the scores of the rows whose ids stand in [ids, idsEnd).
  (func (export "score") (param $ids i32) (param $idsEnd i32) (param $scores i32) (param $value f64)
    (local $at i32)
    (block $done
      (br_if $done (i32.ge_u (local.get $ids) (local.get $idsEnd)))
      (loop $row
        (local.set $at (i32.add (local.get $scores) (i32.shl (i32.load (local.get $ids)) (i32.const 3))))
        (f64.store (local.get $at) (f64.add (f64.load (local.get $at)) (local.get $value)))
        (br_if $row
          (i32.lt_u (local.tee $ids (i32.add (local.get $ids) (i32.const 4))) (local.get $idsEnd))))))

  ;; Walks the tree at `nodes` with the rows whose ids stand in [ids, idsEnd), and adds the value of the leaf that each meets to its
  ;; score. A node is 48 bytes: feature, left, right (a node's number, or the complement of a leaf's), nothing, and 256 bits: the bins
  ;; that go left.
  (func (export "walk")
    (param $ids i32) (param $idsEnd i32) (param $bins i32) (param $width i32) (param $scores i32)
    (param $nodes i32) (param $values i32)
    (local $id i32) (local $row i32) (local $next i32) (local $node i32) (local $bin i32)
    (block $done
      (br_if $done (i32.ge_u (local.get $ids) (local.get $idsEnd)))
      (loop $row
        (local.set $id (i32.load (local.get $ids)))
        (local.set $row (i32.add (local.get $bins) (i32.mul (local.get $id) (local.get $width))))
        (local.set $next (i32.const 0))
        (loop $down
          (local.set $node (i32.add (local.get $nodes) (i32.mul (local.get $next) (i32.const 48))))
          (local.set $bin (i32.load8_u (i32.add (local.get $row) (i32.load (local.get $node)))))
          (local.set $next
            (select (i32.load offset=4 (local.get $node)) (i32.load offset=8 (local.get $node))
              (i32.and (i32.const 1)
                (i32.shr_u
                  (i32.load offset=16
                    (i32.add (local.get $node) (i32.shl (i32.shr_u (local.get $bin) (i32.const 5)) (i32.const 2))))
                  (local.get $bin)))))
          (br_if $down (i32.ge_s (local.get $next) (i32.const 0))))
        (local.set $node (i32.add (local.get $scores) (i32.shl (local.get $id) (i32.const 3))))
        (f64.store (local.get $node)
          (f64.add
            (f64.load (local.get $node))
            (f64.load (i32.add (local.get $values)
              (i32.shl (i32.xor (local.get $next) (i32.const -1)) (i32.const 3))))))
        (br_if $row
          (i32.lt_u (local.tee $ids (i32.add (local.get $ids) (i32.const 4))) (local.get $idsEnd))))))

  ;; Logistic loss: writes gradient p - y and second derivative p (1 - p) of each row, times its weight, in units (what one is worth is
  ;; 1 / scale) as two integers, with p = 1 / (1 + exp(-score)). Two rows at a time; an odd last one writes a pair more, into padding.
  ;; `weights` is 0 where there are none.
  ;; exp(x) = 2^k exp(r), with k = round(x / ln 2) and r below 0.35, for which the series up to r^13 is exact to the last bits.
  (func (export "logistic")
    (param $scores i32) (param $scoresEnd i32) (param $targets i32) (param $weights i32) (param $out i32)
    (param $gradientScale f64) (param $hessianScale f64)
    (local $x v128) (local $k v128) (local $r v128) (local $r2 v128) (local $r4 v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128) (local $p v128)
    (local $weight v128) (local $gradient v128) (local $hessian v128)
    (local.set $weight (v128.const f64x2 1 1))
    (block $done
      (br_if $done (i32.ge_u (local.get $scores) (local.get $scoresEnd)))
      (loop $pair
        (local.set $x (f64x2.neg (v128.load (local.get $scores))))
        (local.set $x (f64x2.max (f64x2.min (local.get $x) (v128.const f64x2 700.0 700.0)) (v128.const f64x2 -700.0 -700.0)))
        (local.set $k (f64x2.nearest (f64x2.mul (local.get $x) (v128.const f64x2 1.4426950408889634 1.4426950408889634))))
        (local.set $r (f64x2.sub (local.get $x) (f64x2.mul (local.get $k) (v128.const f64x2 0x1.62e42feep-1 0x1.62e42feep-1))))
        (local.set $r (f64x2.sub (local.get $r) (f64x2.mul (local.get $k) (v128.const f64x2 0x1.a39ef35793c76p-33 0x1.a39ef35793c76p-33))))
        ;; Pairs of terms first, then pairs of pairs (Estrin): what waits for each other is short.
        (local.set $r2 (f64x2.mul (local.get $r) (local.get $r)))
        (local.set $r4 (f64x2.mul (local.get $r2) (local.get $r2)))
        (local.set $e
          (f64x2.add
            (f64x2.add (v128.const f64x2 1.0 1.0) (f64x2.mul (local.get $r) (v128.const f64x2 1.0 1.0)))
            (f64x2.mul (local.get $r2)
              (f64x2.add (v128.const f64x2 0.5 0.5) (f64x2.mul (local.get $r) (v128.const f64x2 0.16666666666666666 0.16666666666666666))))))
        (local.set $f
          (f64x2.add
            (f64x2.add (v128.const f64x2 0.041666666666666664 0.041666666666666664) (f64x2.mul (local.get $r) (v128.const f64x2 0.008333333333333333 0.008333333333333333)))
            (f64x2.mul (local.get $r2)
              (f64x2.add (v128.const f64x2 0.001388888888888889 0.001388888888888889) (f64x2.mul (local.get $r) (v128.const f64x2 0.0001984126984126984 0.0001984126984126984))))))
        (local.set $g
          (f64x2.add
            (f64x2.add (v128.const f64x2 2.48015873015873e-05 2.48015873015873e-05) (f64x2.mul (local.get $r) (v128.const f64x2 2.7557319223985893e-06 2.7557319223985893e-06)))
            (f64x2.mul (local.get $r2)
              (f64x2.add (v128.const f64x2 2.755731922398589e-07 2.755731922398589e-07) (f64x2.mul (local.get $r) (v128.const f64x2 2.505210838544172e-08 2.505210838544172e-08))))))
        (local.set $h
          (f64x2.add (v128.const f64x2 2.08767569878681e-09 2.08767569878681e-09) (f64x2.mul (local.get $r) (v128.const f64x2 1.6059043836821613e-10 1.6059043836821613e-10))))
        (local.set $e (f64x2.add (local.get $e) (f64x2.mul (local.get $r4) (local.get $f))))
        (local.set $g (f64x2.add (local.get $g) (f64x2.mul (local.get $r4) (local.get $h))))
        (local.set $e
          (f64x2.add (local.get $e)
            (f64x2.mul (f64x2.mul (local.get $r4) (local.get $r4)) (local.get $g))))
        ;; 2^k: k into the exponent's bits.
        (local.set $k
          (i64x2.shl
            (i64x2.add
              (i64x2.extend_low_i32x4_s (i32x4.trunc_sat_f64x2_s_zero (local.get $k)))
              (v128.const i64x2 1023 1023))
            (i32.const 52)))
        (local.set $e (f64x2.mul (local.get $e) (local.get $k)))
        (local.set $p
          (f64x2.div (v128.const f64x2 1 1) (f64x2.add (v128.const f64x2 1 1) (local.get $e))))
        (if (local.get $weights)
          (then
            (local.set $weight (v128.load (local.get $weights)))
            (local.set $weights (i32.add (local.get $weights) (i32.const 16)))))
        (local.set $gradient
          (f64x2.mul
            (f64x2.mul (f64x2.sub (local.get $p) (v128.load (local.get $targets))) (local.get $weight))
            (f64x2.splat (local.get $gradientScale))))
        (local.set $hessian
          (f64x2.mul
            (f64x2.mul
              (f64x2.mul (local.get $p) (f64x2.sub (v128.const f64x2 1 1) (local.get $p)))
              (local.get $weight))
            (f64x2.splat (local.get $hessianScale))))
        (v128.store (local.get $out)
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
            (i32x4.trunc_sat_f64x2_s_zero (f64x2.nearest (local.get $gradient)))
            (i32x4.trunc_sat_f64x2_s_zero (f64x2.nearest (local.get $hessian)))))
        (local.set $targets (i32.add (local.get $targets) (i32.const 16)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br_if $pair
          (i32.lt_u
            (local.tee $scores (i32.add (local.get $scores) (i32.const 16)))
            (local.get $scoresEnd)))))))
