import { award, company, festival, ship, species, team, university } from './institutions.ts';
import { city, country, mountain, person, river } from './people-and-places.ts';
import type { WorldSpec } from './spec.ts';
import { picks, pools } from './words.ts';
import { album, building, film, novel } from './works.ts';

/** Atlas as data: 16 types, 69 relations, their phrasings and the words of their names. */
export const atlasSpec: WorldSpec = {
  pools,
  picks,
  types: [
    person,
    city,
    country,
    river,
    mountain,
    novel,
    film,
    album,
    building,
    company,
    university,
    team,
    award,
    festival,
    ship,
    species,
  ],
  fillers: [
    'More can be read in the national library.',
    'Several details are still disputed among scholars.',
    'A short notice appeared in the newspapers of that year.',
    'Nothing else is recorded in the official documents.',
    'A longer account was printed much later.',
  ],
};
