// The genres of the made-up world: segments with their tags, and the words that titles are made of. Data only.

export interface Segment {
  /** The tag by which players know it; unique in the world. */
  name: string;
  tags: readonly string[];
  /** A second genre that its games often carry. */
  also?: string;
  /** Nouns for titles. */
  nouns: readonly string[];
}

export interface Genre {
  name: string;
  segments: readonly Segment[];
  adjectives: readonly string[];
  /** Second parts of titles, after a colon. */
  subtitles: readonly string[];
  /** Minimum ages, drawn evenly. */
  ages: readonly number[];
  /** Usual price; 0.99 to twice this. */
  price: number;
  /** Share of games that are free to play. */
  free: number;
}

const segment = (name: string, tags: string, nouns: string, also?: string): Segment => ({
  name,
  tags: tags.split(', '),
  nouns: nouns.split(' '),
  ...(also === undefined ? {} : { also }),
});
const words = (text: string) => text.split(' ');
const phrases = (text: string) => text.split(', ');

export const GENRES: readonly Genre[] = [
  {
    name: 'Action',
    segments: [
      segment('Hack and Slash', 'Fast-Paced, Swordplay, Combo', 'Blade Fang Reaver Oath Katana Crescent Edge'),
      segment(
        'Roguelike',
        'Procedural, Permadeath, Replay Value',
        'Descent Ember Loop Cinder Spiral Vault Gauntlet',
        'RPG',
      ),
      segment('Beat ’em up', 'Local Co-op, Arcade, Retro', 'Knuckle Alley Brawl Thunder Boulevard Riot Dojo'),
      segment(
        'Stealth',
        'Infiltration, Tactical, Singleplayer',
        'Shadow Whisper Mask Heist Nightfall Silence Contract',
        'Adventure',
      ),
    ],
    adjectives: words('Crimson Savage Broken Burning Relentless Feral Scarlet Furious Hollow Restless Molten Wicked'),
    subtitles: phrases(
      'Blood Debt, No Way Back, The Long Night, Unbroken, City of Sparks, Last Strike, Redline, Afterglow',
    ),
    ages: [12, 16, 16, 18],
    price: 25,
    free: 0.05,
  },
  {
    name: 'Adventure',
    segments: [
      segment(
        'Point & Click',
        'Story Rich, Hand-Drawn, Comedy',
        'Parcel Lighthouse Umbrella Postcard Attic Caper Orchard',
        'Puzzle',
      ),
      segment(
        'Walking Simulator',
        'Atmospheric, Narrative, Exploration',
        'Shoreline Tides Letters Meridian Valley Hours Echo',
      ),
      segment(
        'Visual Novel',
        'Choices Matter, Romance, Anime',
        'Promise Lanterns Academy Serenade Blossom Summer Strings',
      ),
      segment(
        'Survival Adventure',
        'Open World, Crafting, Co-op',
        'Drift Castaway Wilds Homestead Raft Thaw Outpost',
        'Simulation',
      ),
    ],
    adjectives: words('Distant Forgotten Quiet Wandering Paper Drowned Northern Amber Faraway Hidden Weathered Salt'),
    subtitles: phrases(
      'The Lost Chapter, Beyond the Map, A Winter Tale, The Far Shore, Homecoming, What Remains, Tidewater',
    ),
    ages: [6, 7, 12, 12],
    price: 18,
    free: 0.04,
  },
  {
    name: 'RPG',
    segments: [
      segment('JRPG', 'Party-Based, Anime, Turn-Based Combat', 'Chronicle Crystal Aria Saga Starsong Requiem Lumina'),
      segment('CRPG', 'Choices Matter, Isometric, Dark Fantasy', 'Crown Pact Throne Covenant Exile Gods Testament'),
      segment('Action RPG', 'Loot, Hack and Slash, Open World', 'Dragon Ruin Hunter Relic Wyrm Warden Sigil', 'Action'),
      segment(
        'MMORPG',
        'Massively Multiplayer, PvP, Guilds',
        'Realms Legends Online Dominion Worlds Alliance Frontier',
      ),
    ],
    adjectives: words('Ancient Fallen Eternal Silver Sunken Forsaken Golden Arcane Shattered Sworn Gilded Ashen'),
    subtitles: phrases(
      'The Drowned Court, Heirs of Dust, The Ninth Seal, Dawn of Embers, The Hollow King, Oathbreaker, Starfall',
    ),
    ages: [7, 12, 12, 16],
    price: 32,
    free: 0.08,
  },
  {
    name: 'Strategy',
    segments: [
      segment('4X', 'Turn-Based, Historical, Diplomacy', 'Empires Dynasty Nations Ages Suns Hegemony Continents'),
      segment('RTS', 'Base-Building, Multiplayer, War', 'Command Siege Legion Frontlines Armada Divisions Banner'),
      segment('Tower Defense', 'Casual, Waves, Singleplayer', 'Bastion Ramparts Keep Bulwark Garrison Gate Towers'),
      segment(
        'Turn-Based Tactics',
        'Tactical, Squad, Difficult',
        'Squad Gambit Maneuver Flank Vanguard Doctrine Company',
        'RPG',
      ),
    ],
    adjectives: words('Iron Grand Imperial Divided Steel Northern United Rising Contested Bronze Sovereign Silent'),
    subtitles: phrases(
      'Age of Sail, Total Conquest, Winter Campaign, The Long March, Rise of the Crown, Scorched Earth, Treaties',
    ),
    ages: [7, 12, 12, 16],
    price: 30,
    free: 0.05,
  },
  {
    name: 'Shooter',
    segments: [
      segment(
        'Tactical FPS',
        'Military, Team-Based, Competitive',
        'Operator Recon Breach Sector Callsign Protocol Squadron',
      ),
      segment(
        'Arena Shooter',
        'Fast-Paced, PvP, Sci-fi',
        'Overdrive Frag Rocket Velocity Railgun Havoc Pulse',
        'Action',
      ),
      segment(
        'Looter Shooter',
        'Co-op, Loot, Open World',
        'Scrap Bounty Outlaws Salvage Wasteland Renegades Cargo',
        'RPG',
      ),
      segment('Bullet Hell', 'Arcade, Retro, Score Attack', 'Barrage Comet Swarm Hyperion Nova Vector Parallax'),
    ],
    adjectives: words('Black Zero Final Delta Rogue Hostile Orbital Cold Dead Silent Phantom Terminal'),
    subtitles: phrases(
      'Zero Hour, Ghost Division, Black Sand, Dead Orbit, Counterfire, Operation Nightjar, Last Magazine',
    ),
    ages: [12, 16, 18, 18],
    price: 34,
    free: 0.14,
  },
  {
    name: 'Puzzle',
    segments: [
      segment('Logic', 'Minimalist, Relaxing, Singleplayer', 'Grid Cube Lattice Theorem Proof Circuit Syllogism'),
      segment('Match 3', 'Casual, Colorful, Family Friendly', 'Gems Garden Candy Jewels Bubbles Petals Marbles'),
      segment(
        'Physics Puzzle',
        'Sandbox, Funny, 2D',
        'Bridge Gravity Pulley Domino Contraption Marble Lever',
        'Simulation',
      ),
      segment(
        'Hidden Object',
        'Mystery, Casual, Detective',
        'Manor Cipher Museum Locket Secret Riddle Curio',
        'Adventure',
      ),
    ],
    adjectives: words('Tiny Curious Folded Perfect Gentle Clockwork Luminous Tangled Mellow Infinite Velvet Odd'),
    subtitles: phrases('Unfolded, The Second Room, One More Move, A Quiet Mind, Master Edition, Inside Out'),
    ages: [0, 0, 3, 6],
    price: 9,
    free: 0.1,
  },
  {
    name: 'Racing',
    segments: [
      segment(
        'Sim Racing',
        'Realistic, Wheel Support, Multiplayer',
        'Circuit Apex Paddock Endurance Grid Slipstream Chicane',
        'Simulation',
      ),
      segment('Arcade Racing', 'Fast-Paced, Local Multiplayer, Colorful', 'Turbo Nitro Drift Neon Rush Boost Thunder'),
      segment('Off-Road', 'Open World, Mud, Trucks', 'Rally Dunes Canyon Trail Gravel Summit Dakota'),
      segment('Kart Racing', 'Family Friendly, Funny, Party', 'Karts Bananas Go-Go Wheels Skidders Zoomers Buggies'),
    ],
    adjectives: words('Midnight Full Burning Electric Wild Chrome Rapid Asphalt Sunset Maximum Radical Coastal'),
    subtitles: phrases('Pole Position, Night Shift, Coast to Coast, Flat Out, Championship, World Tour'),
    ages: [0, 3, 7, 12],
    price: 27,
    free: 0.07,
  },
  {
    name: 'Simulation',
    segments: [
      segment(
        'City Builder',
        'Management, Sandbox, Economy',
        'Metropolis Borough Skylines Harbor Township Canals Districts',
        'Strategy',
      ),
      segment('Farming Sim', 'Cozy, Relaxing, Crafting', 'Farm Meadow Harvest Orchard Homestead Hollow Barn'),
      segment(
        'Vehicle Sim',
        'Realistic, Driving, Moddable',
        'Railways Trucker Airliner Tugboat Freight Excavator Glider',
      ),
      segment(
        'Factory Automation',
        'Base-Building, Resource Management, Sci-fi',
        'Foundry Conveyor Assembly Reactor Refinery Gearworks Throughput',
        'Strategy',
      ),
    ],
    adjectives: words('Little Busy Sunny Modern Green Grand Cloud Rolling Prosperous Pocket Rusty Harvest'),
    subtitles: phrases('Four Seasons, Open for Business, Island Days, Second Shift, Golden Fields, Extended Routes'),
    ages: [0, 0, 3, 7],
    price: 22,
    free: 0.03,
  },
  {
    name: 'Sports',
    segments: [
      segment('Football', 'Team-Based, Multiplayer, Competitive', 'Striker Goal Football League Kickoff Derby Dribble'),
      segment(
        'Sports Manager',
        'Management, Statistics, Singleplayer',
        'Manager Director Transfer Season Scout Dynasty Chairman',
        'Simulation',
      ),
      segment(
        'Extreme Sports',
        'Skateboarding, Tricks, Score Attack',
        'Skate Halfpipe Powder Wave Ollie Freeride Vert',
      ),
      segment(
        'Fighting',
        'PvP, 2D Fighter, Competitive',
        'Uppercut Ring Champions Kumite Knockout Rivals Belt',
        'Action',
      ),
    ],
    adjectives: words('Pro Ultimate Street World Golden Classic Super Total Prime Local Legendary Big'),
    subtitles: phrases('Title Race, Road to Glory, Extra Time, The Comeback, Home Ground, Legends'),
    ages: [0, 3, 7, 12],
    price: 30,
    free: 0.08,
  },
  {
    name: 'Horror',
    segments: [
      segment(
        'Psychological Horror',
        'Atmospheric, Story Rich, Surreal',
        'Asylum Mother Mirror Lullaby Sleep Staircase Silence',
        'Adventure',
      ),
      segment(
        'Survival Horror',
        'Gore, Zombies, Resource Management',
        'Quarantine Morgue Outbreak Hospital Infection Blackout Carrion',
        'Action',
      ),
      segment('Cosmic Horror', 'Lovecraftian, Mystery, Dark', 'Abyss Deep Idol Trench Fathom Star Choir'),
      segment(
        'Co-op Horror',
        'Online Co-op, Ghosts, Multiplayer',
        'Haunting Séance Cabin Poltergeist Vigil Cellar Exorcism',
      ),
    ],
    adjectives: words('Pale Dead Bleeding Sleepless Rotten Wretched Black Weeping Buried Starless Unholy Dim'),
    subtitles: phrases('Do Not Wake, Room Nine, The Last Witness, Below, Whispers, It Follows the Tide, Confession'),
    ages: [16, 16, 18, 18],
    price: 17,
    free: 0.04,
  },
  {
    name: 'Platformer',
    segments: [
      segment(
        'Metroidvania',
        'Exploration, Pixel Graphics, Difficult',
        'Cavern Moth Bellows Shardling Underroot Lantern Hollow',
        'Action',
      ),
      segment('Precision Platformer', 'Difficult, Speedrun, Retro', 'Spike Leap Pixel Dash Climb Bounce Reflex'),
      segment(
        '3D Platformer',
        'Colorful, Family Friendly, Collectathon',
        'Fox Gizmo Rascal Islands Bramble Otter Whiskers',
      ),
      segment(
        'Puzzle Platformer',
        'Atmospheric, 2D, Singleplayer',
        'Lantern Balloon Marionette Ink Thread Kite Tinker',
        'Puzzle',
      ),
    ],
    adjectives: words('Super Little Mossy Bouncy Lost Brave Sky Tumbling Paper Starry Jolly Hollow'),
    subtitles: phrases('Cloud Kingdom, The Sleeping Giant, Double Jump, Underroot, The Great Climb, Moonlit Isles'),
    ages: [0, 3, 3, 7],
    price: 14,
    free: 0.04,
  },
  {
    name: 'Card',
    segments: [
      segment(
        'Deckbuilder',
        'Roguelike, Turn-Based, Replay Value',
        'Deck Spire Hexes Draw Ritual Arcana Shuffle',
        'Strategy',
      ),
      segment('Trading Card Game', 'PvP, Fantasy, Collectible', 'Duel Summoners Runes Conjurers Arena Mages Mythos'),
      segment(
        'Board Game',
        'Local Multiplayer, Party, Family Friendly',
        'Tiles Dice Table Meeples Parlor Tavern Tokens',
      ),
      segment('Solitaire', 'Casual, Relaxing, Singleplayer', 'Solitaire Patience Aces Klondike Suits Pyramid Cards'),
    ],
    adjectives: words('Arcane Lucky Twisted Royal Painted Crooked Mystic Wild Velvet Masked Marked Seven'),
    subtitles: phrases('The House Wins, Second Hand, Wild Cards, Court of Cups, Endless Draw, Full House'),
    ages: [0, 3, 7, 12],
    price: 12,
    free: 0.2,
  },
];

/** Segments that go together, most preferred first; players are mixtures of these. */
export const ARCHETYPES: readonly (readonly string[])[] = [
  ['Roguelike', 'Deckbuilder', 'Metroidvania', 'Turn-Based Tactics'],
  ['4X', 'City Builder', 'RTS', 'Factory Automation'],
  ['JRPG', 'Visual Novel', 'Action RPG', 'Trading Card Game'],
  ['CRPG', 'Turn-Based Tactics', 'Point & Click', '4X'],
  ['Tactical FPS', 'Looter Shooter', 'Stealth', 'Survival Horror'],
  ['Arena Shooter', 'Bullet Hell', 'Beat ’em up', 'Precision Platformer'],
  ['Farming Sim', 'Match 3', 'Hidden Object', 'Solitaire'],
  ['Sim Racing', 'Vehicle Sim', 'Off-Road', 'Sports Manager'],
  ['Football', 'Fighting', 'Arcade Racing', 'Sports Manager'],
  ['Psychological Horror', 'Cosmic Horror', 'Co-op Horror', 'Walking Simulator'],
  ['3D Platformer', 'Kart Racing', 'Puzzle Platformer', 'Board Game'],
  ['MMORPG', 'Survival Adventure', 'Action RPG', 'Looter Shooter'],
  ['Logic', 'Physics Puzzle', 'Factory Automation', 'Tower Defense'],
  ['Extreme Sports', 'Arcade Racing', 'Hack and Slash', 'Fighting'],
];
