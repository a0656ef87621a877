#!/bin/sh
# Draws what feedback alignment does while W_2 learns and while it is frozen.
# usage: docs/figures/alignment.sh FILE.svg     in the root of the tree, after ninja -C build
set -e
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
run() {
    name=$1
    shift
    build/examples/fa-classify --quiet --train 10000 --hidden 100 --lr 0.1 --epochs 5 --record-every 10 \
        --record-quantities delta_angle,weight_angle,delta_norm --record "$work/$name.csv" "$@" >"$work/$name.txt"
}
run fa --rules fa
run frozen --rules fa --freeze 2@5
run shallow --rules shallow
cat >"$work/plot" <<'G'
set terminal svg size 760,310 font "Helvetica,12" background "#ffffff"
set datafile separator comma
set datafile missing "nan"
set key autotitle columnhead
set border 3 lc "#555555"
set tics nomirror out textcolor "#333333"
set grid y lt 1 lc "#dddddd"
set xrange [0:790]
set xlabel "batch of 64"
set multiplot layout 1,2 margins 0.06,0.985,0.22,0.88 spacing 0.08
set title "angle to back-propagation's error signal" font ",12"
set yrange [0:100]
set ytics 30 format "%g°"
set key bottom left reverse Left samplen 2 notitle
plot 'fa.csv' using 2:(column('delta_angle_1')) with lines lw 2 lc "#D55E00" title "fa: delta_1", \
     'fa.csv' using 2:(column('weight_angle_1')) with lines lw 2 dt (6,3) lc "#D55E00" title "fa: B_1 to W_2^T", \
     'frozen.csv' using 2:(column('delta_angle_1')) with lines lw 2 lc "#0072B2" title "fa, W_2 frozen: delta_1"
set title "size of the output error, |e| of the batch" font ",12"
set yrange [0:13]
set ytics auto format "%g"
set key top right reverse Left samplen 2 notitle
plot 'frozen.csv' using 2:(column('delta_norm_2')) with lines lw 2 lc "#0072B2" title "fa, W_2 frozen", \
     'shallow.csv' using 2:(column('delta_norm_2')) with lines lw 2 dt (2,2) lc "#555555" \
        title "shallow: only W_2 learns", \
     'fa.csv' using 2:(column('delta_norm_2')) with lines lw 2 lc "#D55E00" title "fa"
G
(cd "$work" && gnuplot plot) >"$work/figure"
cp "$work/figure" "$1"
tail -n +3 "$work"/*.txt | grep -E '^(rule|fa |shallow )'
