/* Says another type in its note.
 * fails: table.note
 */
#define NOTE "id=org.example.zoo\nversion=1.0.0\nabi=1.1\ntypes=lion\noperations=identify,survey,chat\nports=4242\nservices=_zoo._tcp\nlicence=MIT\nsummary=An animal of the zoo\n"
#include "sound.h"
