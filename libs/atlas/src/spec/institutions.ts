import type { TypeSpec } from './spec.ts';

const year = (from: number, to: number) => ({ kind: 'year', from, to }) as const;
const pick = (from: string) => ({ kind: 'pick', from }) as const;

export const company: TypeSpec = {
  name: 'company',
  noun: 'company',
  pronoun: ['the company', 'it'],
  names: ['{surname} {trade}', '{place} {trade}', '{surname} and {surname}'],
  share: 70,
  leads: [
    'The company {s} began in a small workshop.',
    'For generations {s} has been a company in family hands.',
  ],
  second: 'History of {s}',
  secondLeads: ['The history of {s} begins with a loan.'],
  fillers: [
    'It once tried to buy {other}.',
    'Its strike made the news.',
    'Profits fell for some years.',
    'Its main competitor is {other}.',
  ],
  relations: [
    {
      id: 'founder',
      to: 'person',
      says: ['{p} was set up by {o}.', 'The founder of {s} is {o}.', '{o} founded {s}.'],
      phrase: ['the founder of {s}', 'the person who founded {s}'],
      asks: ['who founded {s}', 'who is the founder of {s}'],
      queries: ['founder', 'founded by', 'set up'],
    },
    {
      id: 'headquarters',
      to: 'city',
      says: [
        '{p} is run from {o}.',
        'The headquarters of {s} are in {o}.',
        'From its offices in {o}, {s} sells its goods.',
      ],
      phrase: ['the headquarters of {s}', 'the city where {s} has its headquarters'],
      asks: ['where are the headquarters of {s}', 'in which city is {s} based'],
      queries: ['headquarters', 'based in', 'offices'],
    },
    {
      id: 'founding year',
      to: year(1800, 2005),
      says: [
        '{p} was founded in {o}.',
        'Trade began in {o}, the founding year of {s}.',
        'The founding year of {s} is {o}.',
      ],
      phrase: ['the founding year of {s}', 'the year in which {s} was founded'],
      asks: ['when was {s} founded', 'in what year was {s} founded'],
      queries: ['founded', 'founding year', 'history'],
    },
    {
      id: 'product',
      to: pick('product'),
      says: ['{p} makes {o}.', 'The main product of {s} is {o}.', 'Customers buy {o} from {s}.'],
      phrase: ['the product of {s}', 'the main product of {s}'],
      asks: ['what does {s} make', 'what is the main product of {s}'],
      queries: ['product', 'makes', 'customers'],
    },
    {
      id: 'chief',
      to: 'person',
      says: ['{p} is headed by {o}.', 'The chief of {s} is {o}.', '{o} was named chief of {s}.'],
      phrase: ['the chief of {s}', 'the person who heads {s}'],
      asks: ['who heads {s}', 'who is the chief of {s}'],
      queries: ['chief', 'headed by', 'named'],
    },
    {
      id: 'parent company',
      to: 'company',
      says: ['{p} is owned by {o}.', 'The parent company of {s} is {o}.', '{o} owns {s}.'],
      phrase: ['the parent company of {s}', 'the company that owns {s}'],
      asks: ['who owns {s}', 'what is the parent company of {s}'],
      queries: ['parent company', 'owned by', 'owner'],
    },
  ],
};

export const university: TypeSpec = {
  name: 'university',
  noun: 'university',
  pronoun: ['the university', 'it'],
  names: ['University of {place}', '{surname} College', '{place} Institute'],
  share: 24,
  leads: [
    'The university called {s} is known for its library.',
    'Students speak well of {s}, a university with small classes.',
  ],
  second: 'History of {s}',
  secondLeads: ['The history of {s} was written by its students.'],
  fillers: [
    'Its archive holds letters from {other}.',
    'Lectures are open to all.',
    'It competes with {other} every spring.',
    'A new wing was added lately.',
  ],
  relations: [
    {
      id: 'city',
      to: 'city',
      says: ['{p} is in {o}.', '{s} has its campus in {o}.', 'The campus of {s} lies in {o}.'],
      phrase: ['the city of {s}', 'the city where {s} has its campus'],
      asks: ['in which city is {s}', 'where is {s}'],
      queries: ['city', 'campus', 'located'],
    },
    {
      id: 'founding year',
      to: year(1400, 1970),
      says: [
        '{p} was founded in {o}.',
        'The founding year of {s} is {o}.',
        'Teaching at {s} began in {o}.',
      ],
      phrase: ['the founding year of {s}', 'the year in which {s} was founded'],
      asks: ['when was {s} founded', 'in what year was {s} founded'],
      queries: ['founded', 'founding year', 'history'],
    },
    {
      id: 'rector',
      to: 'person',
      says: [
        '{p} is led by the rector, {o}.',
        'The rector of {s} is {o}.',
        '{o} was chosen as rector of {s}.',
      ],
      phrase: ['the rector of {s}'],
      asks: ['who is the rector of {s}', 'who was chosen as rector of {s}'],
      queries: ['rector', 'led by', 'chosen'],
    },
  ],
};

export const team: TypeSpec = {
  name: 'team',
  noun: 'team',
  pronoun: ['the team', 'it'],
  names: ['{place} {animals}', 'New {place} {animals}'],
  share: 40,
  leads: ['The team {s} plays in green shirts.', 'Supporters of {s} follow their team everywhere.'],
  second: 'Seasons of {s}',
  secondLeads: ['The seasons of {s} have been uneven.'],
  fillers: [
    'Its old rival is {other}.',
    'It lost a famous final to {other}.',
    'Tickets are cheap.',
    'A youth team trains nearby.',
  ],
  relations: [
    {
      id: 'coach',
      to: 'person',
      says: [
        '{p} is trained by {o}.',
        'The coach of {s} is {o}.',
        '{o} was hired as coach of {s}.',
      ],
      phrase: ['the coach of {s}', 'the person who trains {s}'],
      asks: ['who coaches {s}', 'who is the coach of {s}'],
      queries: ['coach', 'trained by', 'hired'],
    },
    {
      id: 'captain',
      to: 'person',
      says: [
        '{p} is led on the field by {o}.',
        'The captain of {s} is {o}.',
        '{o} wears the armband of {s} as its captain.',
      ],
      phrase: ['the captain of {s}'],
      asks: ['who is the captain of {s}', 'who captains {s}'],
      queries: ['captain', 'led by', 'field'],
    },
    {
      id: 'home ground',
      to: 'building',
      says: [
        '{p} plays its home games at {o}.',
        'The home ground of {s} is {o}.',
        '{o} is home to {s}.',
      ],
      phrase: ['the home ground of {s}', 'the building where {s} plays'],
      asks: ['where does {s} play', 'what is the home ground of {s}'],
      queries: ['home ground', 'home games', 'plays at'],
    },
    {
      id: 'founding year',
      to: year(1870, 1990),
      says: [
        '{p} was founded in {o}.',
        'The founding year of {s} is {o}.',
        'In {o} a few friends started {s}.',
      ],
      phrase: ['the founding year of {s}', 'the year in which {s} was founded'],
      asks: ['when was {s} founded', 'in what year was {s} founded'],
      queries: ['founded', 'founding year', 'history'],
    },
  ],
};

export const award: TypeSpec = {
  name: 'award',
  noun: 'award',
  pronoun: ['the award', 'the prize', 'it'],
  names: ['{surname} Prize', '{place} Medal', '{adjective} {noun} Prize'],
  share: 24,
  leads: [
    'The award called {s} is given every autumn.',
    'Winning {s} is the dream of many: the award is old.',
  ],
  second: 'Statutes of {s}',
  secondLeads: ['The statutes of {s} are strict.'],
  fillers: [
    'The jury meets in secret.',
    'Winners of {other} may not apply.',
    'It is worth less than {other}.',
    'A dinner follows the ceremony.',
  ],
  relations: [
    {
      id: 'sponsor',
      to: 'company',
      says: ['{p} is paid for by {o}.', 'The sponsor of {s} is {o}.', '{o} sponsors {s}.'],
      phrase: ['the sponsor of {s}', 'the company that sponsors {s}'],
      asks: ['who sponsors {s}', 'which company is the sponsor of {s}'],
      queries: ['sponsor', 'paid for', 'company'],
    },
    {
      id: 'founding year',
      to: year(1880, 1995),
      says: [
        '{p} was first given in {o}.',
        'The founding year of {s} is {o}.',
        '{s} dates from {o}.',
      ],
      phrase: ['the founding year of {s}', 'the year in which {s} was first given'],
      asks: ['when was {s} first given', 'in what year was {s} founded'],
      queries: ['founded', 'first given', 'founding year'],
    },
    {
      id: 'venue',
      to: 'building',
      says: [
        '{p} is handed over at {o}.',
        'The venue of {s} is {o}.',
        'Every ceremony of {s} takes place at {o}.',
      ],
      phrase: ['the venue of {s}', 'the building where {s} is handed over'],
      asks: ['where is {s} handed over', 'what is the venue of {s}'],
      queries: ['venue', 'ceremony', 'handed over'],
    },
  ],
};

export const festival: TypeSpec = {
  name: 'festival',
  noun: 'festival',
  pronoun: ['the festival', 'it'],
  names: ['{place} Festival', '{adjective} {noun} Festival', '{surname} Days'],
  share: 24,
  leads: [
    'The festival {s} lasts nine days.',
    'Every year {s}, a festival of music, draws crowds.',
  ],
  second: 'Programme of {s}',
  secondLeads: ['The programme of {s} is printed in spring.'],
  fillers: [
    'It clashed with {other} for years.',
    'Rain has ruined it twice.',
    'Many guests go on to {other}.',
    'Entry is free for children.',
  ],
  relations: [
    {
      id: 'city',
      to: 'city',
      says: [
        '{p} is held in {o}.',
        '{s} fills the streets of {o}.',
        'The people of {o} celebrate {s}.',
      ],
      phrase: ['the city of {s}', 'the city where {s} is held'],
      asks: ['where is {s} held', 'in which city is {s}'],
      queries: ['city', 'held in', 'located'],
    },
    {
      id: 'organiser',
      to: 'person',
      says: ['{p} is organised by {o}.', 'The organiser of {s} is {o}.', '{o} organises {s}.'],
      phrase: ['the organiser of {s}', 'the person who organises {s}'],
      asks: ['who organises {s}', 'who is the organiser of {s}'],
      queries: ['organiser', 'organised by', 'programme'],
    },
    {
      id: 'founding year',
      to: year(1900, 2010),
      says: [
        '{p} was first held in {o}.',
        'The founding year of {s} is {o}.',
        '{s} started in {o}.',
      ],
      phrase: ['the founding year of {s}', 'the year in which {s} was first held'],
      asks: ['when was {s} first held', 'in what year was {s} founded'],
      queries: ['founded', 'first held', 'founding year'],
    },
  ],
};

export const ship: TypeSpec = {
  name: 'ship',
  noun: 'ship',
  pronoun: ['the ship', 'it'],
  names: ['{adjective} {noun}', 'Lady {surname}', 'Star of {place}'],
  share: 24,
  leads: [
    'The ship {s} carried passengers and mail.',
    'Sailors feared {s}, a ship with a bad name.',
  ],
  second: 'Voyages of {s}',
  secondLeads: ['The voyages of {s} led around the world.'],
  fillers: [
    'It once rescued the crew of {other}.',
    'Its bell hangs in a church.',
    'Storms damaged it badly.',
    'It raced against {other}.',
  ],
  relations: [
    {
      id: 'builder',
      to: 'company',
      says: ['{p} was built by {o}.', 'The builder of {s} was {o}.', '{o} built {s}.'],
      phrase: ['the builder of {s}', 'the company that built {s}'],
      asks: ['who built {s}', 'which company built {s}'],
      queries: ['builder', 'built by', 'company'],
    },
    {
      id: 'captain',
      to: 'person',
      says: ['{p} sailed under {o}.', 'The captain of {s} was {o}.', '{o} commanded {s}.'],
      phrase: ['the captain of {s}', 'the person who commanded {s}'],
      asks: ['who commanded {s}', 'who was the captain of {s}'],
      queries: ['captain', 'commanded', 'sailed under'],
    },
    {
      id: 'launch year',
      to: year(1850, 1980),
      says: [
        '{p} was launched in {o}.',
        'The launch year of {s} is {o}.',
        'In {o} the hull of {s} touched water.',
      ],
      phrase: ['the launch year of {s}', 'the year in which {s} was launched'],
      asks: ['when was {s} launched', 'in what year was {s} launched'],
      queries: ['launched', 'launch year', 'hull'],
    },
    {
      id: 'home port',
      to: 'city',
      says: [
        '{p} was registered in {o}.',
        'The home port of {s} was {o}.',
        'Between journeys {s} lay at {o}, its home port.',
      ],
      phrase: ['the home port of {s}'],
      asks: ['what was the home port of {s}', 'in which city was {s} registered'],
      queries: ['home port', 'registered', 'port'],
    },
  ],
};

export const species: TypeSpec = {
  name: 'species',
  noun: 'species',
  pronoun: ['the species', 'it'],
  names: ['{place} {animal}', '{surname} {animal}', '{adjective} {animal}'],
  share: 40,
  leads: [
    'The species called {s} is shy and rarely seen.',
    'Naturalists know {s} as a species of the woods.',
  ],
  second: 'Discovery of {s}',
  secondLeads: ['The discovery of {s} caused a dispute.'],
  fillers: [
    'It is easily taken for {other}.',
    'Its call is heard at dusk.',
    'Its nearest relative is {other}.',
    'Young animals stay with the group.',
  ],
  relations: [
    {
      id: 'discoverer',
      to: 'person',
      says: [
        '{p} was discovered by {o}.',
        'The discoverer of {s} is {o}.',
        '{o} was the first to describe {s}.',
      ],
      phrase: ['the discoverer of {s}', 'the person who discovered {s}'],
      asks: ['who discovered {s}', 'who is the discoverer of {s}'],
      queries: ['discoverer', 'discovered by', 'described'],
    },
    {
      id: 'country',
      to: 'country',
      says: ['{p} lives only in {o}.', 'The home of {s} is {o}.', 'Within {o} one may meet {s}.'],
      phrase: ['the country of {s}', 'the country where {s} lives'],
      asks: ['in which country does {s} live', 'where does {s} live'],
      queries: ['country', 'lives in', 'home'],
    },
    {
      id: 'colour',
      to: pick('colour'),
      says: ['{p} is mostly {o}.', 'The colour of {s} is {o}.', 'Observers describe {s} as {o}.'],
      phrase: ['the colour of {s}'],
      asks: ['what colour is {s}', 'what is the colour of {s}'],
      queries: ['colour', 'looks', 'described'],
    },
    {
      id: 'description year',
      to: year(1760, 1990),
      says: [
        '{p} was first described in {o}.',
        'The description year of {s} is {o}.',
        'Science has known {s} since {o}.',
      ],
      phrase: ['the description year of {s}', 'the year in which {s} was first described'],
      asks: ['when was {s} first described', 'in what year was {s} described'],
      queries: ['described', 'description year', 'discovery'],
    },
  ],
};
