/*
 * The list of people: in order, each in a colour of his own.  Also what a name
 * that was begun is completed from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/screen.h"
#include "screen/screen_priv.h"

#define PEOPLE_MAX	4096
#define COLOURS		6	/* pairs 1 to 6 */
#define NAME_COLUMNS	80

static char *people[PEOPLE_MAX];	/* owned, in order */
static size_t npeople;

/* find - where name is, or where it would be */
static size_t
find(const char *name, int *there)
{
	size_t low = 0, high = npeople, at;
	int way;

	*there = 0;
	while (low < high) {
		at = (low + high) / 2;
		way = strcmp(people[at], name);
		if (way == 0)
			*there = 1;
		if (way < 0)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

void
screen_people_clear(void)
{
	while (npeople > 0)
		free(people[--npeople]);
}

void
screen_people_add(const char *name)
{
	int there;
	size_t at = find(name, &there);
	char *copy;

	if (there || npeople == PEOPLE_MAX || (copy = strdup(name)) == NULL)
		return;
	memmove(people + at + 1, people + at,
	    (npeople - at) * sizeof(people[0]));
	people[at] = copy;
	npeople++;
}

void
screen_people_remove(const char *name)
{
	int there;
	size_t at = find(name, &there);

	if (!there)
		return;
	free(people[at]);
	npeople--;
	memmove(people + at, people + at + 1,
	    (npeople - at) * sizeof(people[0]));
}

void
screen_people_rename(const char *from, const char *to)
{
	int there;

	find(from, &there);
	if (!there)
		return;
	screen_people_remove(from);
	screen_people_add(to);
}

size_t
screen_people_count(void)
{
	return npeople;
}

const char *
screen_people_match(const char *prefix, size_t nth)
{
	size_t i, len = strlen(prefix);

	for (i = 0; i < npeople; i++)
		if (strncasecmp(people[i], prefix, len) == 0 && nth-- == 0)
			return people[i];
	return NULL;
}

attr_t
screen_people_colour(const char *who)
{
	unsigned int h = 5381;

	for (; *who != '\0'; who++)
		h = h * 33 + (unsigned char)*who;
	return (attr_t)COLOR_PAIR(1 + (int)(h % COLOURS)) | A_BOLD;
}

/* draw_name - as much of it as there are columns */
static void
draw_name(const char *name, int row, int left, int width)
{
	wchar_t wide[NAME_COLUMNS];
	size_t n = screen_wide(name, wide, NAME_COLUMNS);

	while (n > 0 && wcswidth(wide, n) > width)
		n--;
	attrset(screen_people_colour(name));
	move(row, left);
	addnwstr(wide, (int)n);
	attrset(A_NORMAL);
}

void
screen_people_draw(int height, int left, int width)
{
	int shown = (int)npeople <= height ? (int)npeople : height - 1;

	mvvline(0, left, ACS_VLINE, height);
	for (int i = 0; i < shown; i++)
		draw_name(people[i], i, left + 2, width - 2);
	if (shown < (int)npeople && height > 0)
		mvprintw(height - 1, left + 2, "+ %zu more",
		    npeople - (size_t)shown);
}
