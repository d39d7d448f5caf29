import type { TypeSpec } from './spec.ts';

const year = (from: number, to: number) => ({ kind: 'year', from, to }) as const;
const pick = (from: string) => ({ kind: 'pick', from }) as const;

const titles = [
  'The {adjective} {noun}',
  'The {noun} of {place}',
  '{adjective} {noun}',
  'The {noun} and the {noun}',
];

export const novel: TypeSpec = {
  name: 'novel',
  noun: 'novel',
  pronoun: ['the novel', 'the book', 'it'],
  names: titles,
  share: 70,
  leads: [
    'The novel {s} has been read in schools for decades.',
    'Readers met {s}, a novel in three parts, with surprise.',
  ],
  second: 'Reception of {s}',
  secondLeads: ['The reception of {s} was mixed at first.'],
  fillers: [
    'Critics were divided over its ending.',
    'It is often read together with {other}.',
    'A first draft was lost.',
    'Its sequel, {other}, sold poorly.',
  ],
  relations: [
    {
      id: 'author',
      to: 'person',
      says: ['{p} was written by {o}.', 'The author of {s} is {o}.', '{o} wrote {s}.'],
      phrase: ['the author of {s}', 'the person who wrote {s}'],
      asks: ['who wrote {s}', 'who is the author of {s}'],
      queries: ['author', 'written by', 'wrote'],
    },
    {
      id: 'publication year',
      to: year(1860, 2015),
      says: [
        '{p} came out in {o}.',
        '{s} was published in {o}.',
        'The publication year of {s} is {o}.',
      ],
      phrase: ['the publication year of {s}', 'the year in which {s} was published'],
      asks: ['when was {s} published', 'in what year was {s} published'],
      queries: ['published', 'publication year', 'came out'],
    },
    {
      id: 'genre',
      to: pick('genre'),
      says: [
        '{p} is counted among the {o} books.',
        '{s} is a work of {o}.',
        'The genre of {s} is {o}.',
      ],
      phrase: ['the genre of {s}'],
      asks: ['what genre is {s}', 'what is the genre of {s}'],
      queries: ['genre', 'kind of work', 'style'],
    },
    {
      id: 'publisher',
      to: 'company',
      says: [
        '{p} was brought out by {o}.',
        'The publisher of {s} was {o}.',
        '{o} printed and sold {s}.',
      ],
      phrase: ['the publisher of {s}', 'the company that published {s}'],
      asks: ['who published {s}', 'which company published {s}'],
      queries: ['publisher', 'brought out by', 'company'],
    },
    {
      id: 'setting',
      to: 'city',
      says: [
        '{p} takes place in {o}.',
        'The setting of {s} is {o}.',
        'In {o} the story of {s} unfolds.',
      ],
      phrase: ['the setting of {s}', 'the city where {s} takes place'],
      asks: ['where does {s} take place', 'in which city is {s} set'],
      queries: ['setting', 'takes place', 'story'],
    },
  ],
};

export const film: TypeSpec = {
  name: 'film',
  noun: 'film',
  pronoun: ['the film', 'it'],
  names: titles,
  share: 80,
  leads: ['The film {s} was shot in few weeks.', 'Audiences loved {s}, a film without much talk.'],
  second: 'Production of {s}',
  secondLeads: ['The production of {s} was troubled.'],
  fillers: [
    'It was shown beside {other} at first.',
    'The original negative has been restored.',
    'A remake under the name {other} failed.',
    'Its costumes are in a museum.',
  ],
  relations: [
    {
      id: 'director',
      to: 'person',
      says: ['{p} was directed by {o}.', 'The director of {s} is {o}.', '{o} directed {s}.'],
      phrase: ['the director of {s}', 'the person who directed {s}'],
      asks: ['who directed {s}', 'who is the director of {s}'],
      queries: ['director', 'directed by', 'film'],
    },
    {
      id: 'star',
      to: 'person',
      says: [
        '{p} stars {o} in the main role.',
        'The star of {s} is {o}.',
        '{o} played the lead in {s}.',
      ],
      phrase: ['the star of {s}', 'the person who played the lead in {s}'],
      asks: ['who starred in {s}', 'who played the lead in {s}'],
      queries: ['star', 'lead role', 'played'],
    },
    {
      id: 'release year',
      to: year(1920, 2020),
      says: [
        '{p} reached the cinemas in {o}.',
        '{s} was released in {o}.',
        'The release year of {s} is {o}.',
      ],
      phrase: ['the release year of {s}', 'the year in which {s} was released'],
      asks: ['when was {s} released', 'in what year did {s} come out'],
      queries: ['released', 'release year', 'came out'],
    },
    {
      id: 'composer',
      to: 'person',
      says: [
        '{p} owes its music to {o}.',
        'The composer of {s} was {o}.',
        '{o} composed the music of {s}.',
      ],
      phrase: ['the composer of {s}', 'the person who composed the music of {s}'],
      asks: ['who composed the music of {s}', 'who was the composer of {s}'],
      queries: ['composer', 'music', 'composed'],
    },
    {
      id: 'source novel',
      to: 'novel',
      says: [
        '{p} is based on the novel {o}.',
        'The source novel of {s} is {o}.',
        'The story of {s} comes from the novel {o}.',
      ],
      phrase: ['the source novel of {s}', 'the novel on which {s} is based'],
      asks: ['what novel is {s} based on', 'which novel is the source of {s}'],
      queries: ['based on', 'source novel', 'story'],
    },
  ],
};

export const album: TypeSpec = {
  name: 'album',
  noun: 'album',
  pronoun: ['the album', 'the record', 'it'],
  names: titles,
  share: 50,
  leads: ['The album {s} holds eleven songs.', 'Recorded at night, {s} is a quiet album.'],
  second: 'Recording of {s}',
  secondLeads: ['The recording of {s} took a whole winter.'],
  fillers: [
    'Its cover shows a lamp.',
    'It was followed by {other}.',
    'Reviewers compared it with {other}.',
    'The first pressing sold out.',
  ],
  relations: [
    {
      id: 'performer',
      to: 'person',
      says: ['{p} was sung by {o}.', 'The performer of {s} is {o}.', '{o} recorded {s}.'],
      phrase: ['the performer of {s}', 'the person who recorded {s}'],
      asks: ['who recorded {s}', 'who is the performer of {s}'],
      queries: ['performer', 'recorded by', 'sung'],
    },
    {
      id: 'label',
      to: 'company',
      says: [
        '{p} appeared on the label {o}.',
        'The label of {s} is {o}.',
        '{o} brought {s} to the shops.',
      ],
      phrase: ['the label of {s}', 'the company that released {s}'],
      asks: ['which label released {s}', 'what is the label of {s}'],
      queries: ['label', 'released by', 'company'],
    },
    {
      id: 'producer',
      to: 'person',
      says: ['{p} was produced by {o}.', 'The producer of {s} was {o}.', '{o} produced {s}.'],
      phrase: ['the producer of {s}', 'the person who produced {s}'],
      asks: ['who produced {s}', 'who was the producer of {s}'],
      queries: ['producer', 'produced by', 'recording'],
    },
    {
      id: 'release year',
      to: year(1950, 2020),
      says: [
        '{p} reached the shops in {o}.',
        '{s} was released in {o}.',
        'The release year of {s} is {o}.',
      ],
      phrase: ['the release year of {s}', 'the year in which {s} was released'],
      asks: ['when was {s} released', 'in what year did {s} come out'],
      queries: ['released', 'release year', 'came out'],
    },
  ],
};

export const building: TypeSpec = {
  name: 'building',
  noun: 'building',
  pronoun: ['the building', 'it'],
  names: [
    '{surname} Hall',
    '{place} Tower',
    '{adjective} House',
    '{surname} Bridge',
    '{surname} Theatre',
    '{place} Castle',
    '{place} Station',
  ],
  share: 40,
  leads: [
    'The building known as {s} is made of pale stone.',
    'Visitors to {s} see a building of unusual form.',
  ],
  second: 'Construction of {s}',
  secondLeads: ['The construction of {s} cost more than planned.'],
  fillers: [
    'Its roof was replaced once.',
    'It resembles {other}.',
    'Guided tours are offered.',
    'A fire nearly destroyed it, as it did {other}.',
  ],
  relations: [
    {
      id: 'architect',
      to: 'person',
      says: [
        '{p} was designed by {o}.',
        'The architect of {s} was {o}.',
        '{o} drew the plans of {s}.',
      ],
      phrase: ['the architect of {s}', 'the person who designed {s}'],
      asks: ['who designed {s}', 'who was the architect of {s}'],
      queries: ['architect', 'designed by', 'plans'],
    },
    {
      id: 'city',
      to: 'city',
      says: ['{p} stands in {o}.', '{s} is found in {o}.', 'The people of {o} are proud of {s}.'],
      phrase: ['the city of {s}', 'the city where {s} stands'],
      asks: ['in which city is {s}', 'where is {s}'],
      queries: ['city', 'located', 'stands in'],
    },
    {
      id: 'opening year',
      to: year(1780, 2010),
      says: [
        '{p} was opened in {o}.',
        '{s} opened its doors in {o}.',
        'The opening year of {s} is {o}.',
      ],
      phrase: ['the opening year of {s}', 'the year in which {s} was opened'],
      asks: ['when was {s} opened', 'in what year was {s} opened'],
      queries: ['opened', 'opening year', 'construction'],
    },
    {
      id: 'style',
      to: pick('style'),
      says: [
        '{p} follows the {o} style.',
        'The style of {s} is {o}.',
        'Experts call the style of {s} {o}.',
      ],
      phrase: ['the style of {s}', 'the architectural style of {s}'],
      asks: ['what is the style of {s}', 'in what style was {s} built'],
      queries: ['style', 'architecture', 'built'],
    },
  ],
};
