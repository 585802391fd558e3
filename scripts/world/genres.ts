// The genres of the made-up world: niches with their tags, and the words that titles are made of. Data only.

export interface Niche {
  /** The tag by which players know it; unique in the world. */
  name: string;
  tags: readonly string[];
  /** A second genre that its games often carry. */
  also?: string;
  /** What titles are about. */
  nouns: readonly string[];
}

export interface Genre {
  name: string;
  niches: readonly Niche[];
  adjectives: readonly string[];
  /** What follows a colon. */
  subtitles: readonly string[];
  /** Minimum ages, drawn evenly. */
  ages: readonly number[];
  /** Usual price; 0.99 to twice this. */
  price: number;
  /** Share of games that are free to play. */
  free: number;
}

const niche = (name: string, tags: string, nouns: string, also?: string): Niche => ({
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
    niches: [
      niche('Hack and Slash', 'Fast-Paced, Swordplay, Combo', 'Blade Fang Reaver Oath Katana Crescent Edge'),
      niche(
        'Roguelike',
        'Procedural, Permadeath, Replay Value',
        'Descent Ember Loop Cinder Spiral Vault Gauntlet',
        'RPG',
      ),
      niche('Beat ’em up', 'Local Co-op, Arcade, Retro', 'Knuckle Alley Brawl Thunder Boulevard Riot Dojo'),
      niche(
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
    niches: [
      niche(
        'Point & Click',
        'Story Rich, Hand-Drawn, Comedy',
        'Parcel Lighthouse Umbrella Postcard Attic Caper Orchard',
        'Puzzle',
      ),
      niche(
        'Walking Simulator',
        'Atmospheric, Narrative, Exploration',
        'Shoreline Tides Letters Meridian Valley Hours Echo',
      ),
      niche(
        'Visual Novel',
        'Choices Matter, Romance, Anime',
        'Promise Lanterns Academy Serenade Blossom Summer Strings',
      ),
      niche(
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
    niches: [
      niche('JRPG', 'Party-Based, Anime, Turn-Based Combat', 'Chronicle Crystal Aria Saga Starsong Requiem Lumina'),
      niche('CRPG', 'Choices Matter, Isometric, Dark Fantasy', 'Crown Pact Throne Covenant Exile Gods Testament'),
      niche('Action RPG', 'Loot, Hack and Slash, Open World', 'Dragon Ruin Hunter Relic Wyrm Warden Sigil', 'Action'),
      niche('MMORPG', 'Massively Multiplayer, PvP, Guilds', 'Realms Legends Online Dominion Worlds Alliance Frontier'),
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
    niches: [
      niche('4X', 'Turn-Based, Historical, Diplomacy', 'Empires Dynasty Nations Ages Suns Hegemony Continents'),
      niche('RTS', 'Base-Building, Multiplayer, War', 'Command Siege Legion Frontlines Armada Divisions Banner'),
      niche('Tower Defense', 'Casual, Waves, Singleplayer', 'Bastion Ramparts Keep Bulwark Garrison Gate Towers'),
      niche(
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
    niches: [
      niche(
        'Tactical FPS',
        'Military, Team-Based, Competitive',
        'Operator Recon Breach Sector Callsign Protocol Squadron',
      ),
      niche('Arena Shooter', 'Fast-Paced, PvP, Sci-fi', 'Overdrive Frag Rocket Velocity Railgun Havoc Pulse', 'Action'),
      niche(
        'Looter Shooter',
        'Co-op, Loot, Open World',
        'Scrap Bounty Outlaws Salvage Wasteland Renegades Cargo',
        'RPG',
      ),
      niche('Bullet Hell', 'Arcade, Retro, Score Attack', 'Barrage Comet Swarm Hyperion Nova Vector Parallax'),
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
    niches: [
      niche('Logic', 'Minimalist, Relaxing, Singleplayer', 'Grid Cube Lattice Theorem Proof Circuit Syllogism'),
      niche('Match 3', 'Casual, Colorful, Family Friendly', 'Gems Garden Candy Jewels Bubbles Petals Marbles'),
      niche(
        'Physics Puzzle',
        'Sandbox, Funny, 2D',
        'Bridge Gravity Pulley Domino Contraption Marble Lever',
        'Simulation',
      ),
      niche(
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
    niches: [
      niche(
        'Sim Racing',
        'Realistic, Wheel Support, Multiplayer',
        'Circuit Apex Paddock Endurance Grid Slipstream Chicane',
        'Simulation',
      ),
      niche('Arcade Racing', 'Fast-Paced, Local Multiplayer, Colorful', 'Turbo Nitro Drift Neon Rush Boost Thunder'),
      niche('Off-Road', 'Open World, Mud, Trucks', 'Rally Dunes Canyon Trail Gravel Summit Dakota'),
      niche('Kart Racing', 'Family Friendly, Funny, Party', 'Karts Bananas Go-Go Wheels Skidders Zoomers Buggies'),
    ],
    adjectives: words('Midnight Full Burning Electric Wild Chrome Rapid Asphalt Sunset Maximum Radical Coastal'),
    subtitles: phrases('Pole Position, Night Shift, Coast to Coast, Flat Out, Championship, World Tour'),
    ages: [0, 3, 7, 12],
    price: 27,
    free: 0.07,
  },
  {
    name: 'Simulation',
    niches: [
      niche(
        'City Builder',
        'Management, Sandbox, Economy',
        'Metropolis Borough Skylines Harbor Township Canals Districts',
        'Strategy',
      ),
      niche('Farming Sim', 'Cozy, Relaxing, Crafting', 'Farm Meadow Harvest Orchard Homestead Hollow Barn'),
      niche(
        'Vehicle Sim',
        'Realistic, Driving, Moddable',
        'Railways Trucker Airliner Tugboat Freight Excavator Glider',
      ),
      niche(
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
    niches: [
      niche('Football', 'Team-Based, Multiplayer, Competitive', 'Striker Goal Football League Kickoff Derby Dribble'),
      niche(
        'Sports Manager',
        'Management, Statistics, Singleplayer',
        'Manager Director Transfer Season Scout Dynasty Chairman',
        'Simulation',
      ),
      niche('Extreme Sports', 'Skateboarding, Tricks, Score Attack', 'Skate Halfpipe Powder Wave Ollie Freeride Vert'),
      niche(
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
    niches: [
      niche(
        'Psychological Horror',
        'Atmospheric, Story Rich, Surreal',
        'Asylum Mother Mirror Lullaby Sleep Staircase Silence',
        'Adventure',
      ),
      niche(
        'Survival Horror',
        'Gore, Zombies, Resource Management',
        'Quarantine Morgue Outbreak Hospital Infection Blackout Carrion',
        'Action',
      ),
      niche('Cosmic Horror', 'Lovecraftian, Mystery, Dark', 'Abyss Deep Idol Trench Fathom Star Choir'),
      niche(
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
    niches: [
      niche(
        'Metroidvania',
        'Exploration, Pixel Graphics, Difficult',
        'Cavern Moth Bellows Shardling Underroot Lantern Hollow',
        'Action',
      ),
      niche('Precision Platformer', 'Difficult, Speedrun, Retro', 'Spike Leap Pixel Dash Climb Bounce Reflex'),
      niche(
        '3D Platformer',
        'Colorful, Family Friendly, Collectathon',
        'Fox Gizmo Rascal Islands Bramble Otter Whiskers',
      ),
      niche(
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
    niches: [
      niche(
        'Deckbuilder',
        'Roguelike, Turn-Based, Replay Value',
        'Deck Spire Hexes Draw Ritual Arcana Shuffle',
        'Strategy',
      ),
      niche('Trading Card Game', 'PvP, Fantasy, Collectible', 'Duel Summoners Runes Conjurers Arena Mages Mythos'),
      niche('Board Game', 'Local Multiplayer, Party, Family Friendly', 'Tiles Dice Table Meeples Parlor Tavern Tokens'),
      niche('Solitaire', 'Casual, Relaxing, Singleplayer', 'Solitaire Patience Aces Klondike Suits Pyramid Cards'),
    ],
    adjectives: words('Arcane Lucky Twisted Royal Painted Crooked Mystic Wild Velvet Masked Marked Seven'),
    subtitles: phrases('The House Wins, Second Hand, Wild Cards, Court of Cups, Endless Draw, Full House'),
    ages: [0, 3, 7, 12],
    price: 12,
    free: 0.2,
  },
];

/** The tastes that players are mixed from: niches that go together, the first the dearest. */
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
