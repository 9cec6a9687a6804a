// A picture of a drawing, by libraries that most desktops have and nobody must: librsvg and cairo, opened when they are asked for.
#include "CStripPlatform.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  double x, y, width, height;
} rectangle;

static void say(char *error, size_t capacity, const char *text) {
  if (capacity > 0) snprintf(error, capacity, "%s", text);
}

// Opens `name` and finds `count` functions. 0, or -1.
static int functions(const char *name, const char *const *names, void **found, int count) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return -1;
  for (int i = 0; i < count; i++) {
    if (!(found[i] = dlsym(library, names[i]))) return -1;
  }
  return 0;
}

int strip_svg_to_png(const char *svg, size_t length, int width, int height, const char *path, char *error, size_t capacity) {
  static const char *const rsvg_names[] = {"rsvg_handle_new_from_data", "rsvg_handle_render_document"};
  static const char *const cairo_names[] = {"cairo_image_surface_create", "cairo_create", "cairo_surface_write_to_png",
                                            "cairo_destroy", "cairo_surface_destroy", "cairo_status"};
  static const char *const object_names[] = {"g_object_unref"};
  void *rsvg[2], *cairo[6], *object[1];
  if (functions("librsvg-2.so.2", rsvg_names, rsvg, 2) != 0) return STRIP_PICTURE_NO_RSVG;
  if (functions("libcairo.so.2", cairo_names, cairo, 6) != 0 || functions("libgobject-2.0.so.0", object_names, object, 1) != 0) {
    return STRIP_PICTURE_NO_RSVG;
  }
  void *handle = ((void *(*)(const char *, size_t, void *))rsvg[0])(svg, length, NULL);
  if (!handle) {
    say(error, capacity, "librsvg does not understand the drawing");
    return STRIP_PICTURE_FAILED;
  }
  void *surface = ((void *(*)(int, int, int))cairo[0])(0 /* CAIRO_FORMAT_ARGB32 */, width, height);
  void *context = ((void *(*)(void *))cairo[1])(surface);
  rectangle viewport = {0, 0, width, height};
  int drawn = ((int (*)(void *, void *, const rectangle *, void *))rsvg[1])(handle, context, &viewport, NULL);
  int status = drawn ? ((int (*)(void *))cairo[5])(context) : 1;
  if (status == 0) status = ((int (*)(void *, const char *))cairo[2])(surface, path);
  if (status != 0) say(error, capacity, drawn ? "the picture cannot be written" : "librsvg cannot draw it");
  ((void (*)(void *))cairo[3])(context);
  ((void (*)(void *))cairo[4])(surface);
  ((void (*)(void *))object[0])(handle);
  return status == 0 ? 0 : STRIP_PICTURE_FAILED;
}
