#include "CStripchart.h"
