// resize-places.glsl: which cells of x a pixel of y is made of. Needs the push block and BLENDS of resize.glsl or resize-lane.glsl.
struct Taps { uint low, high; float share; };  // cells of x, and how far the place is from the first to the second

// Of place / unit = (slope p + offset) / unit, kept within the extent; cell is its floor.
#define PLACE(p, slope, offset) uint(max(0, int((p) * (slope)) + int(offset)))
Taps tapsAt(uint place, uint cell, uint unit, uint extent)
{
    return Taps(min(cell, extent - 1u), min(cell + 1u, extent - 1u), float(place - cell * unit) / float(unit));
}
Taps rowTaps(uint p) { uint place = PLACE(p, rowSlope, rowOffset); return tapsAt(place, OVER(place, rowUnit), rowUnit, H); }
Taps columnTaps(uint q) { uint place = PLACE(q, columnSlope, columnOffset); return tapsAt(place, OVER(place, columnUnit), columnUnit, Width); }

// The first row of y whose place is at this many units or after: ceil((units - offset) / slope).
#define FIRST_FROM(units, slope, offset) OVER(uint(max(0, int(units) - int(offset) + int(slope) - 1)), slope)

// The pixels of y, along each axis, that a cell of x is a part of: from one cell before (where two make a pixel) to one after; those outside the image are at
// its first and last cell. Arithmetic instead of ?:, which makes a gather of every load at such a place on processors.
uvec2 rowsOf(uint h)
{
    uint first = FIRST_FROM((h - BLENDS) * rowUnit, rowSlope, rowOffset), end = FIRST_FROM((h + 1u) * rowUnit, rowSlope, rowOffset);
    return uvec2(first & 0u - uint(h != 0u), min(P, end | 0u - uint(h == H - 1u)));
}

uvec2 columnsOf(uint w)
{
    uint first = FIRST_FROM((w - BLENDS) * columnUnit, columnSlope, columnOffset), end = FIRST_FROM((w + 1u) * columnUnit, columnSlope, columnOffset);
    return uvec2(first & 0u - uint(w != 0u), min(Q, end | 0u - uint(w == Width - 1u)));
}

// The weight of a cell of x in a pixel of y.
float weightOf(uint cell, Taps taps)
{
    return BLENDS == 0u ? 1.0 : (taps.low == cell ? 1.0 - taps.share : 0.0) + (taps.high == cell ? taps.share : 0.0);
}
