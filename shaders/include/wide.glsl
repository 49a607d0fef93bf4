// wide.glsl: one source for units of one element (WIDTH 1) and of four (WIDTH 4). Included after buffers.glsl; a unit's index counts units.
#if WIDTH == 4
#define VALUE vec4
#define GET(X, i) LOAD4(X, 4u * (i))
#define PUT(Y, i, v) STORE4(Y, 4u * (i), v)
#else
#define VALUE float
#define GET(X, i) LOAD(X, i)
#define PUT(Y, i, v) STORE(Y, i, v)
#endif
